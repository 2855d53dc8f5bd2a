"""A participant with the official Python client. Joins, publishes a camera with a mark and a microphone with a tone,
and prints what it sees and hears as JSON lines, the events of tests/sandbox/src/guest.rs.

    participant.py --url ws://127.0.0.1:PORT --token TOKEN [--name NAME] [--mark 90] [--tone 880] [--share-mark 51]
                   [--silent] [--passphrase TEXT]

Commands on standard input, one a line: `mute`, `unmute`, `camera-off`, `camera-on`, `data TEXT`, `chat TEXT`,
`share WIDTHxHEIGHT`, `unshare`, `transcribe TEXT` (as Visio's agent does, in a transcription packet), `say TEXT` (as
LiveKit's agents do, in a text stream), `leave`. The end of standard input is `leave`.
"""

import argparse
import asyncio
import json
import sys
import time

import numpy as np
from livekit import rtc

import media

WIDTH, HEIGHT = 640, 360
SHARE_SIZE = "1280x720"
SAMPLES_PER_FRAME = media.SAMPLE_RATE_HZ // 100
ANALYSED_SAMPLES = 4096
REPEAT_SECONDS = 2.0
TONE_CHANGE_HZ = 10
SHARE_FPS = 5
# A picture no larger is the server's own, after the last of a camera's.
BLANK_PIXELS = 8
FAILURES = {
    rtc.EncryptionState.ENCRYPTION_FAILED: "encryption failed",
    rtc.EncryptionState.DECRYPTION_FAILED: "decryption failed",
    rtc.EncryptionState.MISSING_KEY: "missing key",
    rtc.EncryptionState.INTERNAL_ERROR: "internal error",
}


class Participant:
    def __init__(self, arguments):
        self.arguments = arguments
        self.room = rtc.Room()
        self.left = asyncio.Event()
        self.tasks = set()
        self.microphone = None
        self.camera = None
        self.shown = None
        self.segments = 0

    def report(self, event, **fields):
        line = {"at_ms": time.time() * 1000, "who": self.arguments.name, "event": event, **fields}
        print(json.dumps(line), flush=True)

    def spawn(self, coroutine):
        task = asyncio.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.ended)
        return task

    def ended(self, task):
        self.tasks.discard(task)
        if not task.cancelled() and task.exception():
            self.report("error", message=repr(task.exception()))

    async def run(self):
        self.listen()
        try:
            await self.room.connect(self.arguments.url, self.arguments.token, self.options())
        except rtc.ConnectError as error:
            self.report("error", message=str(error))
            return 1
        self.report("connected", identity=self.room.local_participant.identity)
        self.others()
        if not self.arguments.silent:
            await self.publish()
        self.spawn(self.obey())
        await self.left.wait()
        for task in list(self.tasks):
            task.cancel()
        await self.room.disconnect()
        return 0

    def options(self):
        options = rtc.RoomOptions(auto_subscribe=not self.arguments.deaf)
        if self.arguments.passphrase:
            # As browsers do where all share one passphrase: no ratchet. The rest are everybody's defaults.
            key = rtc.KeyProviderOptions(shared_key=self.arguments.passphrase.encode(), ratchet_window_size=0)
            options.encryption = rtc.E2EEOptions(key_provider_options=key)
        return options

    def listen(self):
        room = self.room
        room.on("participant_encryption_status_changed", self.encryption)
        room.on("e2ee_state_changed", self.encryption_state)
        room.on("participant_connected", lambda _: self.others())
        room.on("participant_disconnected", lambda _: self.others())
        room.on("reconnecting", lambda: self.report("reconnecting"))
        room.on("reconnected", lambda: (self.report("reconnected"), self.others()))
        room.on("track_muted", lambda participant, publication: self.muted(participant, publication, True))
        room.on("track_unmuted", lambda participant, publication: self.muted(participant, publication, False))
        room.register_text_stream_handler("lk.chat", lambda reader, identity: self.spawn(self.chat(reader, identity)))

        @room.on("disconnected")
        def disconnected(reason):
            self.report("disconnected", reason=reason)
            self.left.set()

        @room.on("data_received")
        def data_received(packet):
            sender = packet.participant.identity if packet.participant else ""
            text = bytes(packet.data).decode(errors="replace")
            self.report("data", **{"from": sender}, topic=packet.topic or None, text=text)

        @room.on("track_subscribed")
        def track_subscribed(track, publication, participant):
            if publication.source == rtc.TrackSource.SOURCE_CAMERA:
                self.spawn(self.watch(track, participant.identity))
            elif publication.source == rtc.TrackSource.SOURCE_MICROPHONE:
                self.spawn(self.hear(track, participant.identity))

    def others(self):
        self.report("others", count=len(self.room.remote_participants))

    def encryption(self, participant, encrypted):
        self.report("encryption", **{"from": participant.identity}, encrypted=encrypted)

    def encryption_state(self, participant, state):
        if message := FAILURES.get(state):
            self.report("encryption_error", **{"from": participant.identity}, message=message)

    def muted(self, participant, publication, muted):
        kind = "audio" if publication.kind == rtc.TrackKind.KIND_AUDIO else "video"
        self.report("muted", **{"from": participant.identity}, kind=kind, muted=muted)

    async def chat(self, reader, identity):
        self.report("chat", **{"from": identity}, text=await reader.read_all())

    async def publish(self):
        picture_source = rtc.VideoSource(WIDTH, HEIGHT)
        self.camera = rtc.LocalVideoTrack.create_video_track("camera", picture_source)
        sound_source = rtc.AudioSource(media.SAMPLE_RATE_HZ, 1)
        self.microphone = rtc.LocalAudioTrack.create_audio_track("microphone", sound_source)
        self.spawn(self.show(picture_source))
        self.spawn(self.sound(sound_source))
        publish = self.room.local_participant.publish_track
        await publish(self.microphone, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE))
        simulcast = not self.arguments.single_layer
        codec = rtc.VideoCodec.Value(self.arguments.codec.upper())
        encoding = rtc.VideoEncoding(max_framerate=self.arguments.fps, max_bitrate=600_000)
        await publish(
            self.camera,
            rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA, simulcast=simulcast, video_codec=codec, video_encoding=encoding
            ),
        )

    async def transcribe(self, text):
        self.segments += 1
        segment = rtc.TranscriptionSegment(
            id=f"SG_{self.segments}", text=text, start_time=0, end_time=0, language="", final=True
        )
        identity = self.room.local_participant.identity
        track = self.microphone.sid if self.microphone else ""
        await self.room.local_participant.publish_transcription(
            rtc.Transcription(participant_identity=identity, track_sid=track, segments=[segment])
        )

    async def say(self, text):
        self.segments += 1
        attributes = {"lk.segment_id": f"SG_{self.segments}", "lk.transcription_final": "true"}
        await self.room.local_participant.send_text(text, topic="lk.transcription", attributes=attributes)

    async def show(self, source):
        started = time.monotonic()
        for number in range(sys.maxsize):
            phase = number / self.arguments.fps % 4 / 4
            picture = media.picture(WIDTH, HEIGHT, phase, self.arguments.mark)
            source.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.I420, picture))
            # Against the clock, so that the time a picture takes does not slow the pace.
            await asyncio.sleep(max(0, started + (number + 1) / self.arguments.fps - time.monotonic()))

    async def share(self, width, height):
        source = rtc.VideoSource(width, height, is_screencast=True)
        track = rtc.LocalVideoTrack.create_video_track("screen", source)
        encoding = rtc.VideoEncoding(max_framerate=SHARE_FPS, max_bitrate=4_000_000)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_SCREENSHARE, simulcast=True, video_encoding=encoding
        )
        publication = await self.room.local_participant.publish_track(track, options)
        self.shown = (publication.sid, self.spawn(self.slides(source, width, height)))

    async def slides(self, source, width, height):
        for number in range(sys.maxsize):
            picture = media.slide(width, height, number % 50 / 50, self.arguments.share_mark)
            source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, picture))
            await asyncio.sleep(1 / SHARE_FPS)

    async def unshare(self):
        (sid, slides), self.shown = self.shown, None
        slides.cancel()
        await self.room.local_participant.unpublish_track(sid)

    async def sound(self, source):
        # The source takes samples at the speed they are played.
        for first in range(0, sys.maxsize, SAMPLES_PER_FRAME):
            samples = media.tone(self.arguments.tone, first, SAMPLES_PER_FRAME)
            await source.capture_frame(rtc.AudioFrame(samples, media.SAMPLE_RATE_HZ, 1, SAMPLES_PER_FRAME))

    async def watch(self, track, sender):
        said, said_at, frames, blank = None, 0.0, 0, False
        stream = rtc.VideoStream(track, format=rtc.VideoBufferType.I420)
        async for event in stream:
            frame = event.frame
            frames += 1
            if frames == 1:
                self.report("first_video", **{"from": sender}, width=frame.width, height=frame.height)
            if (frame.width <= BLANK_PIXELS) != blank:
                blank = not blank
                if blank:
                    self.report("blank", **{"from": sender})
            mark = media.read_mark(frame.data, frame.width, frame.height)
            now = time.monotonic()
            if mark is not None and (mark != said or now - said_at >= REPEAT_SECONDS):
                said, said_at = mark, now
                size = {"width": frame.width, "height": frame.height}
                self.report("mark", **{"from": sender}, id=mark, **size, frames=frames)
        await stream.aclose()

    async def hear(self, track, sender):
        said, said_at, samples = None, 0.0, np.empty(0, dtype=np.int16)
        stream = rtc.AudioStream(track, sample_rate=media.SAMPLE_RATE_HZ, num_channels=1)
        async for event in stream:
            samples = np.concatenate([samples, np.frombuffer(event.frame.data, dtype=np.int16)])
            if len(samples) < ANALYSED_SAMPLES:
                continue
            hz = media.read_tone(samples[:ANALYSED_SAMPLES])
            samples = samples[ANALYSED_SAMPLES:]
            now = time.monotonic()
            if hz is None or (said and abs(hz - said) <= TONE_CHANGE_HZ and now - said_at < REPEAT_SECONDS):
                continue
            if said is None:
                self.report("first_audio", **{"from": sender})
            said, said_at = hz, now
            self.report("tone", **{"from": sender}, hz=hz)
        await stream.aclose()

    async def obey(self):
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := (await lines.readline()).decode():
            command, _, text = line.strip().partition(" ")
            match command:
                case "mute" if self.microphone:
                    self.microphone.mute()
                case "unmute" if self.microphone:
                    self.microphone.unmute()
                case "camera-off" if self.camera:
                    self.camera.mute()
                case "camera-on" if self.camera:
                    self.camera.unmute()
                case "share" if not self.shown:
                    await self.share(*map(int, (text or SHARE_SIZE).split("x")))
                case "unshare" if self.shown:
                    await self.unshare()
                case "data":
                    await self.room.local_participant.publish_data(text, reliable=True)
                case "chat":
                    await self.room.local_participant.send_text(text, topic="lk.chat")
                case "transcribe":
                    await self.transcribe(text)
                case "say":
                    await self.say(text)
                case "leave":
                    break
                case _:
                    self.report("error", message=f"not a command now: {command}")
        self.left.set()


async def join(arguments):
    # A room belongs to the event loop it is made in.
    return await Participant(arguments).run()


def main():
    parser = argparse.ArgumentParser(description="A participant with the official Python client.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--name", default="python", help="the reports' `who`")
    parser.add_argument("--fps", type=int, default=15, help="pictures per second")
    parser.add_argument("--codec", default="vp8", help="vp8, h264, vp9 or av1")
    parser.add_argument("--single-layer", action="store_true", help="publish the camera without simulcast")
    parser.add_argument("--deaf", action="store_true", help="subscribe to nothing")
    parser.add_argument("--mark", type=int, default=0x5A)
    parser.add_argument("--share-mark", type=int, default=0x3C, help="in what `share` shows")
    parser.add_argument("--tone", type=float, default=880.0, help="in hertz")
    parser.add_argument("--silent", action="store_true", help="publish nothing")
    parser.add_argument("--passphrase", help="encrypt everything, end to end, with a key from this text")
    arguments = parser.parse_args()
    sys.exit(asyncio.run(join(arguments)))


if __name__ == "__main__":
    main()
