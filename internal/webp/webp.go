// Package webp encodes pictures as WebP, lossy or lossless, by libwebp compiled to
// WebAssembly. The first use compiles that to machine code, which takes a
// fraction of a second and some megabytes; before it, the package costs nothing.
package webp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"sync"
	"syscall"

	"github.com/gen2brain/webp"
)

// ErrProfile says that a picture has a colour profile that a WebP cannot bear.
var ErrProfile = errors.New("webp: not an RGB colour profile")

// Supported returns nil where WebP can be encoded: where a program may write
// machine code and run it. systemd's MemoryDenyWriteExecute= forbids that, for
// one, and there the encoder would panic.
var Supported = sync.OnceValue(func() error {
	code, err := syscall.Mmap(-1, 0, syscall.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE|syscall.PROT_EXEC, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return fmt.Errorf("webp: machine code may not be made here: %w", err)
	}
	return syscall.Munmap(code)
})

// Quality returns the quality at which a WebP is as close to the original as a
// JPEG of the given one, 1 to 100, by the PSNR of luma: measured on thumbnails
// of camera photos at 60 to 95.
func Quality(jpeg int) int { return min(max(jpeg-2*max(0, 88-jpeg)/5, 1), 99) }

// Memory bounds what lossy encoding takes in bytes, by the number of pixels: the
// RGBA here and its copy over there, libwebp's ARGB and YUV, what it writes, the
// module itself, and its memory before and after that grew.
func Memory(pixels int64) int64 { return 80*pixels + 4<<20 }

// LosslessMemory does so for encoding without loss, which keeps chains of hashes and
// several lists of references back besides. Of noise it takes most.
func LosslessMemory(pixels int64) int64 { return 400*pixels + 4<<20 }

// Lossless says to Encode that no colour may change. It is for what is drawn: lossy WebP
// has chroma at half its resolution, always (RFC 6386, section 2).
const Lossless = 100

// Encode returns img, which is opaque, as a WebP of the given quality, 1 to 99
// or Lossless, with the ICC profile, if there is one. A profile that is not of RGB is
// ErrProfile: a WebP is always RGB.
func Encode(img image.Image, quality int, profile []byte) ([]byte, error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	// ICC.1, 7.2.6: the data colour space is in bytes 16 to 19 of the header.
	if len(profile) > 0 && (len(profile) < 128 || string(profile[16:20]) != "RGB ") {
		return nil, ErrProfile
	}
	b := img.Bounds()
	pixels := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(pixels, pixels.Rect, img, b.Min, draw.Src)
	options := webp.Options{Quality: quality, Method: 4}
	if quality == Lossless {
		options.Lossless, options.Quality = true, losslessEffort
	}
	var file bytes.Buffer
	if err := webp.Encode(&file, pixels, options); err != nil {
		return nil, fmt.Errorf("webp: %w", err)
	}
	if len(profile) == 0 {
		return file.Bytes(), nil
	}
	return withProfile(file.Bytes(), b.Dx(), b.Dy(), profile)
}

// losslessEffort is 0 to 100: libwebp's quality, of which without loss only its effort is left.
// More takes a multiple of the time for one hundredth of the bytes.
const losslessEffort = 50

// withProfile turns a file in the simple format into one in the extended
// format (RFC 9649, section 2.7), which has room for a profile.
func withProfile(file []byte, width, height int, profile []byte) ([]byte, error) {
	const head = len("RIFF....WEBP")
	if len(file) < head+8 || string(file[:4]) != "RIFF" || string(file[8:15]) != "WEBPVP8" || file[15] != ' ' && file[15] != 'L' {
		return nil, errors.New("webp: the encoder wrote something else than a simple file")
	}
	out := append(make([]byte, 0, len(file)+len(profile)+64), "RIFF....WEBP"...)
	const hasProfile = 1 << 5
	canvas := []byte{hasProfile, 0, 0, 0}
	for _, side := range []int{width, height} { // each 24 bits, less one
		canvas = append(canvas, byte(side-1), byte((side-1)>>8), byte((side-1)>>16))
	}
	out = appendChunk(out, "VP8X", canvas)
	out = appendChunk(out, "ICCP", profile)
	out = append(out, file[head:]...)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, nil
}

// appendChunk appends a chunk, padded to an even length (RFC 9649, section 2.3).
func appendChunk(out []byte, name string, content []byte) []byte {
	out = append(out, name...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(content)))
	out = append(out, content...)
	if len(content)%2 == 1 {
		out = append(out, 0)
	}
	return out
}
