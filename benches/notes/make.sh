#!/bin/sh
# Makes the notes of the part "hearing": sh make.sh FOLDER with fleurs-en-000.ogg to fleurs-en-004.ogg. Needs opus-tools and
# ffmpeg. Encoders of other versions make other bytes, so the files are committed.
set -eu
cd "$(dirname "$0")"
clips=$1
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
ff() { ffmpeg -hide_banner -loglevel error -y -bitexact "$@"; }
for clip in 000 001 002 003 004; do opusdec --quiet --rate 48000 "$clips/fleurs-en-$clip.ogg" "$work/$clip.wav"; done

# A note ends behind a word, with as much silence as is missing.
ff -t 2.9 -i "$work/003.wav" -af apad -t 3 "$work/3.wav"
ff -t 9.93 -i "$work/002.wav" -af apad -t 10 "$work/10.wav"
for clip in 001 002 003 004 000 002 001; do echo "file '$work/$clip.wav'"; done > "$work/list"
ff -f concat -safe 0 -i "$work/list" -t 60 "$work/60.wav"
for note in 3 10 60; do
  opusenc --quiet --discard-comments --serial "$note" --bitrate 24 --framesize 20 "$work/$note.wav" "$note.ogg"
done
