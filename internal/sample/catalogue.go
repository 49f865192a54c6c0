package sample

import "time"

// picture is one file of the sample.
type picture struct {
	name        string // below the sample's directory, with slashes
	w, h        int    // of the upright picture, in pixels
	taken       time.Time
	camera      camera
	orientation int // as stored, 1 to 8
	caption     string
	scene       interface{ draw(c *canvas) }
}

// on returns the given minute, in no particular time zone.
//
//go:noinline
func on(year int, month time.Month, day, hour, minute int) time.Time {
	return time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
}

// catalogue returns all pictures of the sample.
func catalogue() []picture {
	day := camera{[2]uint32{1, 320}, [2]uint32{8, 1}, 100, 35}
	dusk := camera{[2]uint32{1, 60}, [2]uint32{56, 10}, 200, 50}
	night := camera{[2]uint32{15, 1}, [2]uint32{18, 10}, 1600, 20}

	morning := mood{colours(0x6f9cc8, 0xa9c3da, 0xe8e0d8, 0xfbe7cf), colours(0xb3c4d6, 0x7596b5, 0x375a78, 0x102535),
		colours(0xf2e6da, 0xb5c8d8, 0x4f7189), nil, hex(0xfff0d2), 0.7}
	desert := mood{colours(0x5f8fbe, 0x9db8ca, 0xf4dcb6), nil, colours(0xe6c7a2, 0x6d5f78), nil, hex(0xffd9a0), 0}
	rose := mood{colours(0x2f3f73, 0x9a7fa6, 0xf6b7a0), colours(0xe6b09c, 0xa48ca8, 0x4a5684, 0x161e34),
		colours(0xd79d9c, 0x8f83a8, 0x5a5590), colours(0x8f7f9c, 0x26345c, 0x141c34), hex(0xffb48c), 0.4}
	daybreak := mood{colours(0x6d8fb8, 0xb9c4d8, 0xf3d3c4, 0xfbe3c8), colours(0x9aa8c4, 0x5f7396, 0x1d2c3a),
		colours(0xe9d5cc, 0xb7bccb, 0x46586a), colours(0x6d7f98, 0x2a3f58, 0x1a2a40), hex(0xffdcae), 0.9}
	sunset := mood{colours(0x31406e, 0x8a6f93, 0xe59a78, 0xffd28c), colours(0xc58a86, 0x80607f, 0x443a60, 0x151731),
		colours(0xf0b48c, 0xa87a8c, 0x3a3457), colours(0xc79a83, 0x6f6c80, 0x16263c, 0x16263c), hex(0xffd79a), 1}
	ember := mood{colours(0x4b3f78, 0xb0617f, 0xf2936a, 0xffcf86), colours(0xd08471, 0x8d4f6c, 0x472d55, 0x170f2a),
		colours(0xffc088, 0xb66d7c, 0x4d2f56), nil, hex(0xffdf9c), 1}
	fog := mood{colours(0x8fa3ae, 0xc4cfd1, 0xe4e8e2), colours(0xc3cdcb, 0x879c9b, 0x40595a, 0x0f2022),
		colours(0xebede7, 0xcad4d1, 0x8fa3a1), colours(0xa9bdbd, 0x5d8488, 0x3d686d, 0x1f4750), hex(0xfbf8ec), 0.45}
	north := mood{colours(0x050b1c, 0x0b2036, 0x1c4a58), colours(0x0b1a24, 0x04080c), colours(0x0f2630, 0x04080c),
		colours(0x0a1c26, 0x03090f), ink{}, 0}
	dark := mood{colours(0x060a18, 0x0e1a33, 0x24324c, 0x574a4c), colours(0x10141f, 0x05070c), colours(0x2a2527, 0x05070c),
		colours(0x1a2436, 0x060c1a), hex(0xff9a55), 0.4}
	moonlit := mood{colours(0x0b1530, 0x1d3157, 0x4c5577, 0x8b7583), nil, colours(0x3a4868, 0x26365c),
		colours(0x44506e, 0x1c2c4a, 0x060c1a), hex(0xf6e3c4), 0.75}

	sands, heather := colours(0xd89c58, 0xe8ae6c, 0xf4bc80), colours(0xcc7f62, 0xd98f70, 0xe8a080)
	wheat := colours(0x4a7a34, 0x7f9c44, 0xc8b85c)
	print := colours(0xf2e8d5, 0x1f3a4d, 0xd9583b, 0xeeb54a, 0x5f9a8c, 0xe8cdbb)
	dusky := colours(0x20304f, 0x75557f, 0xd2706f, 0xf6b06f, 0xfff0c2)
	paper := colours(0x1b2a49, 0x47507f, 0xb4607c, 0xf0986c, 0xfbe3bd)
	stream := colours(0x0f1a2b, 0x16425b, 0x2d8c8a, 0x9fd0b0, 0xf6e3a9, 0xef8354)
	inks := colours(0x0c1c2e, 0x12506a, 0x3f9aa3, 0xe9dcc0, 0xe08a4f, 0xa03a3c, 0x35142e)
	glass := append(make(gradient, 4), colours(0x8a3a78, 0xd6336c, 0xe4572e, 0xf3a712, 0xf9dc8a)...)

	return []picture{
		{"Landscapes/alps.jpg", 1200, 800, on(2024, 2, 11, 7, 52), day, 1, "First light. The valley has to wait another hour.",
			landscape{rose, sky{x: 0.1, y: 0.9, clouds: 0.15}, 4, 0.6, 5, 0.27, 1, 0.74, 0}},
		{"Landscapes/dunes 1.jpg", 1200, 800, on(2023, 11, 4, 17, 20), day, 1, "Wind & sand, <5 minutes before tea went cold.",
			terrain{desert, sky{}, 3, 0.30, 0.20, sands}},
		{"Landscapes/dunes 2.jpg", 800, 1200, on(2023, 11, 5, 6, 33), dusk, 8, "", terrain{rose, sky{x: -0.5, y: 0.9}, 12, 0.42, 0.16, heather}},
		{"Landscapes/meadow.jpg", 1200, 800, on(2024, 6, 15, 10, 12), day, 1, "", terrain{daybreak, sky{x: 0.15, y: 0.8, clouds: 0.25}, 40, 0.4, 0.22, wheat}},
		{"Landscapes/panorama.jpg", 1620, 540, on(2024, 9, 22, 18, 41), dusk, 1, "Seven valleys, counted twice.",
			landscape{sunset, sky{x: 0.31, y: 0.87, size: 0.017}, 207, 0.44, 8, 0.13, 1, 0, 0}},
		{"Landscapes/lake.jpg", 1200, 800, on(2024, 8, 29, 6, 24), dusk, 1, "The lake had not decided yet which way was up.",
			landscape{daybreak, sky{x: 0.68, y: 0.72}, 58, 0.5, 5, 0.19, 2, 0.6, 0}},
		{"Landscapes/sea 1.jpg", 1200, 675, on(2024, 7, 6, 20, 47), dusk, 1, "Ten minutes of gold, every evening, for nothing.",
			landscape{sunset, sky{x: 0.60, y: 0.84, size: 0.022, clouds: 0.12}, 21, 1, 0, 0, 0, 0.46, 1}},
		{"Landscapes/sea 2.jpg", 1000, 1000, on(2023, 4, 16, 9, 5), day, 3, "", landscape{fog, sky{x: 0.30, y: 0.2, clouds: 0.34}, 35, 1, 0, 0, 0, 0.52, 1}},
		{"Landscapes/ridge 1.jpg", 1200, 800, on(2023, 10, 8, 7, 31), day, 1, "", landscape{morning, sky{x: 0.74, y: 0.71}, 101, 0.40, 7, 0.15, 1, 0, 0}},
		{"Landscapes/ridge 2.jpg", 800, 1200, on(2024, 10, 12, 18, 3), dusk, 1, "",
			landscape{ember, sky{x: 0.42, y: 0.87, size: 0.05}, 118, 0.42, 7, 0.22, 0, 0, 0}},
		{"Landscapes/ridge 10.jpg", 840, 1120, on(2024, 11, 17, 8, 48), day, 1, "Fog counts the trees and forgets the number.",
			landscape{fog, sky{x: 0.6, y: 0.53}, 140, 0.3, 6, 0.16, 5, 0, 0}},

		{"Landscapes/Night/aurora 1.jpg", 1200, 800, on(2025, 1, 19, 23, 14), night, 1, "We had come for the silence.",
			landscape{north, sky{lights: aurora(51, hex(0x58ffae), hex(0x7a4fd8))}, 51, 0.9, 2, 0.1, 1, 0.66, 0}},
		{"Landscapes/Night/aurora 2.jpg", 750, 1200, on(2025, 1, 20, 0, 2), night, 1, "",
			landscape{north, sky{lights: aurora(66, hex(0x63f7c4), hex(0xd045b4))}, 66, 0.92, 2, 0.12, 1, 0, 0}},
		{"Landscapes/Night/dunes.jpg", 1200, 750, on(2024, 12, 6, 17, 55), night, 1, "",
			terrain{moonlit, sky{x: 0.2, y: 0.4, size: 0.03, lights: stars(9, 2.2), face: moon}, 12, 0.5, 0.2, sands}},
		{"Landscapes/Night/moonrise.jpg", 1000, 1000, on(2024, 9, 18, 20, 9), night, 1, "",
			landscape{moonlit, sky{0.5, 0.55, 0.105, 0.1, stars(4, 0.35), moon}, 44, 1, 0, 0, 0, 0.66, 1}},
		{"Landscapes/Night/stars 1.jpg", 800, 1200, on(2023, 8, 12, 23, 40), night, 6, "",
			landscape{dark, sky{x: 0.3, y: 1, lights: milkyWay(17, 0.48)}, 8, 0.88, 2, 0.2, 0, 0, 0}},
		{"Landscapes/Night/stars 2.jpg", 1000, 1000, on(2023, 8, 13, 1, 15), night, 1, "Forty minutes. Only the water kept still.",
			landscape{dark, sky{x: 0.7, y: 1, lights: milkyWay(29, -0.7)}, 15, 0.92, 2, 0.12, 1, 0.62, 0}},

		{"Studies/canyon.jpg", 1200, 840, on(2024, 3, 3, 14, 30), dusk, 1, "Eight sheets of paper and a lamp.", field{paper, 71, 8, 0.3, 1.3}},
		{"Studies/current 2.jpg", 1200, 750, on(2023, 5, 2, 11, 0), dusk, 1, "", field{stream, 81, 36, 1.2, 0.7}},
		{"Studies/marble.jpg", 1000, 1000, on(2023, 6, 21, 15, 45), day, 1, "", field{inks, 63, 0, 2, 1.05}},
		{"Studies/poster 3.jpg", 810, 1080, on(2024, 4, 27, 12, 0), day, 1, "", tiles{print, 7, 3}},
		{"Studies/poster 12.jpg", 910, 910, on(2024, 5, 1, 12, 0), day, 1, "", tiles{print, 41, 7}},
		{"Studies/glass.png", 800, 800, on(2024, 1, 7, 13, 10), day, 1, "", field{glass, 5, 8, 0.5, 1.2}},
		{"Studies/evening.gif", 720, 900, on(2025, 3, 9, 17, 17), day, 1, "", tiles{dusky, 33, 4}},
	}
}
