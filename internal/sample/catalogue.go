package sample

import "time"

// picture is one file of the sample.
type picture struct {
	name string // below the sample's directory, with slashes
	w, h int    // of the upright picture, in pixels
	draw func(c *canvas)

	taken       time.Time
	orientation int // as stored; 0 is 1: upright
	caption     string
	captionIn   place
	grain       float32 // noise in a JPEG, in steps of 1/255
}

// place is where in a file a caption is.
type place int

const (
	nowhere place = iota
	inExif
	inIPTC
	inXMP
)

// turn returns the orientation as Exif numbers it.
func (p picture) turn() int { return max(p.orientation, 1) }

// on returns the given minute, in no particular time zone.
func on(year int, month time.Month, day, hour, minute int) time.Time {
	return time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
}

// catalogue returns all pictures of the sample, those that take longest to
// draw first, so that all processors are done at about the same time.
func catalogue() []picture {
	return []picture{
		{name: "Studies/current 2.jpg", w: 1200, h: 750, grain: 1, taken: on(2023, 5, 2, 11, 0),
			draw: flow{
				seed: 81, ground: hex(0x0f1a2b), scale: 1.7, threads: 2300, wide: 1.7,
				colours: newGradient(stop{0, 0x16425b}, stop{0.3, 0x2d8c8a}, stop{0.55, 0x9fd0b0}, stop{0.75, 0xf6e3a9}, stop{1, 0xef8354}),
			}.draw},
		{name: "Studies/canyon.jpg", w: 1200, h: 840, grain: 1, taken: on(2024, 3, 3, 14, 30),
			captionIn: inExif, caption: "Eight sheets of paper and a lamp.", draw: canyon},
		{name: "Landscapes/alps.jpg", w: 1200, h: 800, grain: 1.5, taken: on(2024, 2, 11, 7, 52),
			captionIn: inExif, caption: "First light. The valley has to wait another hour.",
			draw: alps{
				seed: 4, low: 0.55, snow: 0.08, horizon: 0.40, clouds: 0.2,
				sky:  newGradient(stop{0, 0x3567a5}, stop{0.6, 0x9ab9d8}, stop{0.9, 0xecd9cc}, stop{1, 0xf4dcc4}),
				haze: hex(0xb4c2dc), sun: hex(0xffd3a4), shade: hex(0x5f7db4),
			}.draw},
		{name: "Landscapes/panorama.jpg", w: 1620, h: 540, grain: 1.5, taken: on(2024, 9, 22, 18, 41),
			captionIn: inIPTC, caption: "Seven valleys, counted twice. Abendstille über den Höhen.",
			draw: ranges{
				seed: 207, count: 8, first: 0.46, last: 1.0, rough: 0.13,
				sky:   newGradient(stop{0, 0x31406e}, stop{0.4, 0x8a6f93}, stop{0.75, 0xe59a78}, stop{1, 0xffd28c}),
				hills: newGradient(stop{0, 0xc58a86}, stop{0.4, 0x80607f}, stop{0.75, 0x443a60}, stop{1, 0x151731}),
				mist:  newGradient(stop{0, 0xf0b48c}, stop{0.5, 0xa87a8c}, stop{1, 0x3a3457}),
				sunX:  0.31, sunY: 0.40, sun: hex(0xffd79a), sunSize: 0.017, power: 1, trees: 1,
			}.draw},
		{name: "Landscapes/dunes 1.jpg", w: 1200, h: 800, grain: 2, taken: on(2023, 11, 4, 17, 20),
			captionIn: inXMP, caption: "Wind & sand, <5 minutes before Mr. Müller's tea went cold.",
			draw: dunes{
				seed: 3, low: 0.20, horizon: 0.30,
				sky:  newGradient(stop{0, 0x5f8fbe}, stop{0.6, 0xb9c9d2}, stop{1, 0xf4dcb6}),
				haze: hex(0xe6c7a2), sand: hex(0xe8ae6c), sun: hex(0xffd9a0), shade: hex(0x6d5f78),
			}.draw},
		{name: "Landscapes/dunes 2.jpg", w: 800, h: 1200, grain: 2, taken: on(2023, 11, 5, 6, 33), orientation: 8,
			draw: dunes{
				seed: 12, low: 0.16, horizon: 0.42,
				sky:  newGradient(stop{0, 0x2f3f73}, stop{0.5, 0x9a7fa6}, stop{1, 0xf6b7a0}),
				haze: hex(0xd79d9c), sand: hex(0xd98f70), sun: hex(0xffb48c), shade: hex(0x5a5590),
			}.draw},
		{name: "Landscapes/meadow.jpg", w: 1200, h: 800, grain: 1.5, taken: on(2024, 6, 15, 10, 12), draw: meadow},
		{name: "Landscapes/lake.jpg", w: 1200, h: 800, grain: 1.2, taken: on(2024, 8, 29, 6, 24),
			captionIn: inExif, caption: "The lake had not decided yet which way was up.", draw: lake},
		{name: "Landscapes/sea 1.jpg", w: 1200, h: 675, grain: 1.2, taken: on(2024, 7, 6, 20, 47),
			captionIn: inExif, caption: "Ten minutes of gold, every evening, for nothing.",
			draw: sea{
				seed: 21, horizon: 0.46, sunX: 0.60, sunY: 0.385, sun: hex(0xffd08a), sunSize: 0.022, power: 1, glitter: 0.85, calm: 0.17,
				sky:   newGradient(stop{0, 0x36588c}, stop{0.45, 0x9d92a8}, stop{0.78, 0xe8a07c}, stop{1, 0xf7bd80}),
				water: newGradient(stop{0, 0xc79a83}, stop{0.25, 0x6f6c80}, stop{1, 0x16263c}),
				cover: 0.12, lit: hex(0xffc79a), dark: hex(0x77708f),
			}.draw},
		{name: "Landscapes/sea 2.jpg", w: 1000, h: 1000, grain: 1.2, taken: on(2023, 4, 16, 9, 5), orientation: 3,
			draw: sea{
				seed: 35, horizon: 0.52, sunX: 0.30, sunY: 0.10, sun: hex(0xf4f7f4), power: 0.45, glitter: 0.22, calm: 0.5,
				sky:   newGradient(stop{0, 0x7f97a6}, stop{0.6, 0xb4c4c8}, stop{1, 0xdfe4df}),
				water: newGradient(stop{0, 0xa9bdbd}, stop{0.4, 0x5d8488}, stop{1, 0x1f4750}),
				cover: 0.34, lit: hex(0xeef1ee), dark: hex(0x8496a0),
			}.draw},
		{name: "Landscapes/ridge 1.jpg", w: 1200, h: 800, grain: 1.2, taken: on(2023, 10, 8, 7, 31),
			draw: ranges{
				seed: 101, count: 7, first: 0.42, last: 0.98, rough: 0.15,
				sky:   newGradient(stop{0, 0x8fb0cf}, stop{0.6, 0xd7dbe0}, stop{1, 0xfbe7cf}),
				hills: newGradient(stop{0, 0xb3c4d6}, stop{0.4, 0x7596b5}, stop{0.75, 0x375a78}, stop{1, 0x102535}),
				mist:  newGradient(stop{0, 0xf2e6da}, stop{0.5, 0xb5c8d8}, stop{1, 0x4f7189}),
				sunX:  0.74, sunY: 0.30, sun: hex(0xfff0d2), power: 0.7, trees: 1,
			}.draw},
		{name: "Landscapes/ridge 2.jpg", w: 800, h: 1200, grain: 1.2, taken: on(2024, 10, 12, 18, 3),
			draw: ranges{
				seed: 118, count: 7, first: 0.44, last: 0.97, rough: 0.22,
				sky:   newGradient(stop{0, 0x4b3f78}, stop{0.4, 0xb0617f}, stop{0.75, 0xf2936a}, stop{1, 0xffcf86}),
				hills: newGradient(stop{0, 0xd08471}, stop{0.4, 0x8d4f6c}, stop{0.75, 0x472d55}, stop{1, 0x170f2a}),
				mist:  newGradient(stop{0, 0xffc088}, stop{0.5, 0xb66d7c}, stop{1, 0x4d2f56}),
				sunX:  0.42, sunY: 0.385, sun: hex(0xffdf9c), sunSize: 0.05, power: 1,
			}.draw},
		{name: "Landscapes/ridge 10.jpg", w: 840, h: 1120, grain: 1.2, taken: on(2024, 11, 17, 8, 48),
			captionIn: inExif, caption: "Fog counts the trees and forgets the number.",
			draw: ranges{
				seed: 140, count: 6, first: 0.34, last: 0.96, rough: 0.16,
				sky:   newGradient(stop{0, 0xb9c6c8}, stop{0.6, 0xd8dedb}, stop{1, 0xe9ebe4}),
				hills: newGradient(stop{0, 0xc3cdcb}, stop{0.4, 0x879c9b}, stop{0.75, 0x40595a}, stop{1, 0x0f2022}),
				mist:  newGradient(stop{0, 0xebede7}, stop{0.5, 0xcad4d1}, stop{1, 0x8fa3a1}),
				sunX:  0.6, sunY: 0.18, sun: hex(0xfbf8ec), power: 0.35, trees: 5,
			}.draw},

		{name: "Landscapes/Night/aurora 1.jpg", w: 1200, h: 800, grain: 1.5, taken: on(2025, 1, 19, 23, 14),
			captionIn: inExif, caption: "We had come for the silence.",
			draw: aurora{
				seed: 51, curtains: 3, shore: 0.66, low: hex(0x58ffae), top: hex(0x7a4fd8),
				sky: newGradient(stop{0, 0x050b1c}, stop{0.6, 0x0b2036}, stop{1, 0x1c4a58}),
			}.draw},
		{name: "Landscapes/Night/aurora 2.jpg", w: 750, h: 1200, grain: 1.5, taken: on(2025, 1, 20, 0, 2),
			draw: aurora{
				seed: 66, curtains: 3, shore: 1, low: hex(0x63f7c4), top: hex(0xd045b4),
				sky: newGradient(stop{0, 0x0a0a20}, stop{0.6, 0x181b40}, stop{1, 0x35466a}),
			}.draw},
		{name: "Landscapes/Night/stars 1.jpg", w: 800, h: 1200, grain: 1.2, taken: on(2023, 8, 12, 23, 40), orientation: 6, draw: milkyWayNight},
		{name: "Landscapes/Night/stars 2.jpg", w: 1000, h: 1000, grain: 1.2, taken: on(2023, 8, 13, 1, 15),
			captionIn: inExif, caption: "Forty minutes. Only the pole star kept still.", draw: starTrails},
		{name: "Landscapes/Night/city.jpg", w: 1200, h: 750, grain: 1.2, taken: on(2024, 12, 6, 17, 55),
			draw: city{
				seed: 14, shore: 0.68, tall: 0.95, haze: hex(0xd98a6a),
				sky:  newGradient(stop{0, 0x0d1733}, stop{0.5, 0x2a315c}, stop{0.8, 0x7a5570}, stop{1, 0xc07a63}),
				dark: newGradient(stop{0, 0x4a4363}, stop{0.5, 0x262745}, stop{1, 0x0b0d18}),
			}.draw},
		{name: "Landscapes/Night/moonrise.jpg", w: 1000, h: 1000, grain: 1.2, taken: on(2024, 9, 18, 20, 9), draw: moonrise},

		{name: "Studies/marble.jpg", w: 1000, h: 1000, grain: 1, taken: on(2023, 6, 21, 15, 45), draw: marble},
		{name: "Studies/poster 3.jpg", w: 810, h: 1140, grain: 1, taken: on(2024, 4, 27, 12, 0), draw: compose},
		{name: "Studies/poster 12.jpg", w: 910, h: 910, grain: 1, taken: on(2024, 5, 1, 12, 0), draw: tiles},
		{name: "Studies/glass.png", w: 800, h: 800, taken: on(2024, 1, 7, 13, 10), draw: lenses},
		{name: "Studies/evening.gif", w: 720, h: 900, taken: on(2025, 3, 9, 17, 17), draw: retroSun},
	}
}
