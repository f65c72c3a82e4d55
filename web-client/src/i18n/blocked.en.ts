//! How to open a microphone or a camera that does not open, in English.

import type { blocked as french } from "./blocked.fr";

export const blocked: typeof french = {
  managed: "If the setting is greyed out, your post’s IT officer keeps it: ask them to open it.",
  lists: {
    chrome: {
      title: "Allow microphone and camera in Chrome",
      steps: [
        "Click the icon to the left of this page’s address.",
        "Set “Microphone” and “Camera” to “Allow”.",
        "Try again here. If nothing changes, reload the page.",
      ],
    },
    edge: {
      title: "Allow microphone and camera in Edge",
      steps: [
        "Click the lock to the left of this page’s address.",
        "Set “Microphone” and “Camera” to “Allow”.",
        "Try again here. If nothing changes, reload the page.",
      ],
    },
    firefox: {
      title: "Allow microphone and camera in Firefox",
      steps: [
        "Click the crossed-out icon, microphone or camera, to the left of the address.",
        "Clear “Blocked” with the cross beside it.",
        "Try again here, then answer “Allow”.",
      ],
    },
    safari: {
      title: "Allow microphone and camera in Safari",
      steps: [
        "Open the Safari menu, then “Settings for This Website”.",
        "Set “Camera” and “Microphone” to “Allow”.",
        "Reload the page.",
      ],
    },
    android: {
      title: "Allow microphone and camera on this phone",
      steps: [
        "Touch the icon to the left of this page’s address.",
        "Open “Permissions”, then allow microphone and camera.",
        "Try again here. If nothing changes, reload the page.",
      ],
    },
    ios: {
      title: "Allow microphone and camera in Safari",
      steps: [
        "Touch the icon to the left of the address, then “Website Settings”.",
        "Set “Camera” and “Microphone” to “Allow”.",
        "Reload the page.",
      ],
    },
    "ios-other": {
      title: "Allow microphone and camera for this browser",
      steps: [
        "Open the device’s Settings, then the name of the browser.",
        "Switch on “Microphone” and “Camera”.",
        "Come back here and reload the page.",
      ],
    },
    "in-app": {
      title: "Open this page in a real browser",
      steps: [
        "The page is open in a messenger, which often keeps the microphone closed.",
        "Open its menu, then “Open in browser”.",
        "Allow microphone and camera there.",
      ],
    },
    windows: {
      title: "Allow microphone and camera in Windows",
      steps: [
        "Open Settings, then “Privacy & security”.",
        "Open “Microphone”, switch access on, then that of desktop apps.",
        "Do the same for “Camera”, then try again here.",
      ],
    },
    macos: {
      title: "Allow microphone and camera in macOS",
      steps: [
        "Open System Settings, then “Privacy & Security”.",
        "Open “Microphone”, switch the browser on, then the same for “Camera”.",
        "Quit the browser, open it again and come back to this page.",
      ],
    },
    linux: {
      title: "Allow microphone and camera in the system",
      steps: [
        "Open the system’s settings, then “Privacy”.",
        "Allow microphone and camera.",
        "If the browser came by Flatpak or Snap, give it both, then try again here.",
      ],
    },
    "android-system": {
      title: "Allow the browser on this phone",
      steps: [
        "Open Settings, then “Apps” and the name of the browser.",
        "Open “Permissions”, then allow microphone and camera.",
        "Check that microphone access is not off in the quick settings, then try again here.",
      ],
    },
    missing: {
      title: "Have a microphone or camera found",
      steps: [
        "Plug in the headset or camera, or unplug it and plug it in again.",
        "On a laptop, check the key or the shutter that closes the camera.",
        "Try again here, or enter without.",
      ],
    },
    busy: {
      title: "Free the device",
      steps: [
        "Close the programs that use it: Teams, Zoom, Skype, Camera.",
        "Close other tabs in which a meeting is open.",
        "Try again here. If nothing changes, unplug the device or restart the computer.",
      ],
    },
    insecure: {
      title: "Open the page by a safe address",
      steps: [
        "Check that this page’s address begins with https://.",
        "Open the link of your invitation again.",
        "If the address stays with http://, tell the IT officer.",
      ],
    },
  },
};
