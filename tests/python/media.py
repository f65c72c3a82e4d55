"""Makes pictures and tones to publish, and measures what arrives."""

import asyncio

import numpy as np
from livekit import rtc

RATE = 48_000
FRAME = RATE // 100


async def publish_tone(room, hertz):
    """Publishes a sine until the returned task is cancelled."""
    source = rtc.AudioSource(RATE, 1)
    track = rtc.LocalAudioTrack.create_audio_track("tone", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    publication = await room.local_participant.publish_track(track, options)

    async def play():
        position = 0
        while True:
            time = (np.arange(FRAME) + position) / RATE
            samples = (0.5 * 32767 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)
            await source.capture_frame(rtc.AudioFrame(samples.tobytes(), RATE, 1, FRAME))
            position += FRAME

    return publication, asyncio.create_task(play())


async def publish_picture(room, width, height, fps=15):
    """Publishes a moving picture with a known mean colour until the returned task is cancelled."""
    source = rtc.VideoSource(width, height)
    track = rtc.LocalVideoTrack.create_video_track("picture", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=True)
    publication = await room.local_participant.publish_track(track, options)

    async def film():
        count = 0
        pixels = np.zeros((height, width, 4), dtype=np.uint8)
        while True:
            pixels[:, :, :] = (200, 40, 40, 255)
            left = (count * 8) % (width - 32)
            pixels[height // 3 : height // 3 + 32, left : left + 32, :3] = 255
            source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.RGBA, pixels.tobytes()))
            count += 1
            await asyncio.sleep(1 / fps)

    return publication, asyncio.create_task(film())


async def subscribed_track(room, kind):
    """Waits for the first subscribed track of a kind."""
    for participant in room.remote_participants.values():
        for publication in participant.track_publications.values():
            if publication.track is not None and publication.kind == kind:
                return publication.track

    arrived = asyncio.get_running_loop().create_future()

    def on_track(track, publication, participant):
        if publication.kind == kind and not arrived.done():
            arrived.set_result(track)

    room.on("track_subscribed", on_track)
    try:
        return await asyncio.wait_for(arrived, 20)
    finally:
        room.off("track_subscribed", on_track)


async def hear(track, seconds=1.0):
    """Decodes some sound and returns its loudest frequency in hertz and its level (RMS, 0 to 1)."""
    stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1)
    heard = np.zeros(0, dtype=np.float64)
    try:
        async with asyncio.timeout(20):
            async for event in stream:
                samples = np.frombuffer(event.frame.data, dtype=np.int16).astype(np.float64) / 32768
                if heard.size == 0 and np.abs(samples).max() < 0.05:
                    continue  # the stream has not begun to sound
                heard = np.concatenate([heard, samples])
                if heard.size >= seconds * RATE:
                    break
    finally:
        await stream.aclose()

    spectrum = np.abs(np.fft.rfft(heard * np.hanning(heard.size)))
    hertz = np.fft.rfftfreq(heard.size, 1 / RATE)[spectrum.argmax()]
    return hertz, float(np.sqrt(np.mean(heard**2)))


async def see(track, frames=10, until=lambda frame: True):
    """Decodes pictures until `frames` of them satisfied `until`; returns the last as an RGB array."""
    stream = rtc.VideoStream(track, format=rtc.VideoBufferType.RGBA)
    seen = 0
    try:
        async with asyncio.timeout(30):
            async for event in stream:
                if until(event.frame):
                    seen += 1
                if seen >= frames:
                    frame = event.frame
                    pixels = np.frombuffer(frame.data, dtype=np.uint8)
                    return pixels.reshape(frame.height, frame.width, 4)[:, :, :3]
    finally:
        await stream.aclose()
