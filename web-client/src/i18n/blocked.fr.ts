//! How to open a microphone or a camera that does not open, in French: one list of steps a browser or system.

export const blocked = {
  managed:
    "Si le réglage est grisé, il est tenu par l’informaticien de votre poste : lui demander de l’ouvrir.",
  lists: {
    chrome: {
      title: "Autoriser le micro et la caméra dans Chrome",
      steps: [
        "Cliquer sur l’icône à gauche de l’adresse de cette page.",
        "Mettre « Micro » et « Caméra » sur « Autoriser ».",
        "Réessayer ici. Si rien ne change, recharger la page.",
      ],
    },
    edge: {
      title: "Autoriser le micro et la caméra dans Edge",
      steps: [
        "Cliquer sur le cadenas à gauche de l’adresse de cette page.",
        "Mettre « Microphone » et « Caméra » sur « Autoriser ».",
        "Réessayer ici. Si rien ne change, recharger la page.",
      ],
    },
    firefox: {
      title: "Autoriser le micro et la caméra dans Firefox",
      steps: [
        "Cliquer sur l’icône barrée, micro ou caméra, à gauche de l’adresse.",
        "Effacer « Bloqué » par la croix à côté.",
        "Réessayer ici, puis répondre « Autoriser ».",
      ],
    },
    safari: {
      title: "Autoriser le micro et la caméra dans Safari",
      steps: [
        "Ouvrir le menu Safari, puis « Réglages pour ce site web ».",
        "Mettre « Caméra » et « Microphone » sur « Autoriser ».",
        "Recharger la page.",
      ],
    },
    android: {
      title: "Autoriser le micro et la caméra sur ce téléphone",
      steps: [
        "Toucher l’icône à gauche de l’adresse de cette page.",
        "Ouvrir « Autorisations », puis permettre le micro et l’appareil photo.",
        "Réessayer ici. Si rien ne change, recharger la page.",
      ],
    },
    ios: {
      title: "Autoriser le micro et la caméra dans Safari",
      steps: [
        "Toucher l’icône à gauche de l’adresse, puis « Réglages du site web ».",
        "Mettre « Appareil photo » et « Micro » sur « Autoriser ».",
        "Recharger la page.",
      ],
    },
    "ios-other": {
      title: "Autoriser le micro et la caméra pour ce navigateur",
      steps: [
        "Ouvrir l’application Réglages de l’appareil, puis le nom du navigateur.",
        "Activer « Micro » et « Appareil photo ».",
        "Revenir ici et recharger la page.",
      ],
    },
    "in-app": {
      title: "Ouvrir cette page dans un vrai navigateur",
      steps: [
        "La page est ouverte dans une messagerie, qui tient souvent le micro fermé.",
        "Ouvrir son menu, puis « Ouvrir dans le navigateur ».",
        "Autoriser là le micro et la caméra.",
      ],
    },
    windows: {
      title: "Autoriser le micro et la caméra dans Windows",
      steps: [
        "Ouvrir Paramètres, puis « Confidentialité et sécurité ».",
        "Ouvrir « Microphone », activer l’accès, puis celui des applications de bureau.",
        "Faire de même pour « Caméra », puis réessayer ici.",
      ],
    },
    macos: {
      title: "Autoriser le micro et la caméra dans macOS",
      steps: [
        "Ouvrir Réglages Système, puis « Confidentialité et sécurité ».",
        "Ouvrir « Microphone », activer le navigateur, puis de même pour « Caméra ».",
        "Quitter le navigateur, le rouvrir et revenir à cette page.",
      ],
    },
    linux: {
      title: "Autoriser le micro et la caméra dans le système",
      steps: [
        "Ouvrir les paramètres du système, puis « Confidentialité ».",
        "Permettre le microphone et la caméra.",
        "Si le navigateur vient de Flatpak ou de Snap, lui donner ces deux accès, puis réessayer ici.",
      ],
    },
    "android-system": {
      title: "Autoriser le navigateur sur ce téléphone",
      steps: [
        "Ouvrir Paramètres, puis « Applications » et le nom du navigateur.",
        "Ouvrir « Autorisations », puis permettre le micro et l’appareil photo.",
        "Vérifier que l’accès au micro n’est pas coupé dans les réglages rapides, puis réessayer ici.",
      ],
    },
    missing: {
      title: "Faire reconnaître un micro ou une caméra",
      steps: [
        "Brancher le casque ou la caméra, ou les débrancher puis les rebrancher.",
        "Sur un portable, vérifier la touche ou le cache qui coupe la caméra.",
        "Réessayer ici, ou entrer sans.",
      ],
    },
    busy: {
      title: "Libérer l’appareil",
      steps: [
        "Fermer les programmes qui s’en servent : Teams, Zoom, Skype, Appareil photo.",
        "Fermer les autres onglets où une rencontre est ouverte.",
        "Réessayer ici. Si rien ne change, débrancher l’appareil ou redémarrer l’ordinateur.",
      ],
    },
    insecure: {
      title: "Ouvrir la page par une adresse sûre",
      steps: [
        "Vérifier que l’adresse de cette page commence par https://.",
        "Rouvrir le lien de votre invitation.",
        "Si l’adresse reste en http://, prévenir l’informaticien.",
      ],
    },
  },
};
