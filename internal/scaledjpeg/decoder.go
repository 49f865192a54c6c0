package scaledjpeg

import (
	"cmp"
	"image"
)

// A decoder decodes one file at a time. What it keeps from one file to the next is the Huffman tables and buffers.
type decoder struct {
	frame
	denom    int
	size     int // of a reduced block: 8/denom
	longSide int // that the picture will be reduced to, or 0
	app      appInfo

	dc, ac  [4]huffman
	fresh   [2][4]bool    // tables that this file has defined, by class
	quant   [4][64]uint16 // in zigzag order
	ri      int           // restart interval in MCUs, or 0
	planes  [maxComponents]plane
	scanned [maxComponents]bool // sequential: the component's scan was decoded; progressive: it has had one

	last2x2 uint // of a sequential picture's blocks at 1/4: see needed2x2

	some bool // at least one MCU was decoded

	untilSample    int // MCUs until the next that is looked at (lines.go)
	sampled, lined int // blocks looked at, and those with lines

	err error // the first damage found in the entropy-coded data

	*entropy
	second  *entropy // reads the restart interval behind: see pair.go
	ahead   bool     // that interval is decoded already
	single  bool     // decode no two intervals side by side: the tests compare
	readers [2]entropy
	eobRun  int // blocks left of an end-of-band run (G.1.2.2)
	units   [maxMCUBlocks]unit

	prog progressive
}

// A plane is a component's reduced samples. It reaches up to whole MCUs.
type plane struct {
	pix    []byte
	stride int
}

// reset prepares to decode a file.
func (d *decoder) reset(data []byte, denom int) {
	d.frame = frame{}
	d.denom, d.size, d.longSide = denom, 8/denom, 0
	d.app = appInfo{}
	d.fresh = [2][4]bool{}
	d.quant = [4][64]uint16{}
	d.ri = 0
	d.planes = [maxComponents]plane{}
	d.scanned = [maxComponents]bool{}
	d.last2x2 = 0
	d.some = false
	d.untilSample, d.sampled, d.lined = 0, 0, 0
	d.err = nil
	d.entropy, d.second, d.ahead = &d.readers[0], &d.readers[1], false
	d.entropy.data, d.second.data = data, data
	d.prog.reset()
}

// release lets go of what belongs to the file or to the caller.
func (d *decoder) release() {
	d.entropy.data, d.second.data = nil, nil
	d.planes = [maxComponents]plane{}
	d.units = [maxMCUBlocks]unit{}
	d.prog.release()
}

// decode decodes the file.
func (d *decoder) decode() (image.Image, error) {
	err := d.decodePlanes()
	if !d.some {
		return nil, cmp.Or(err, error(ErrTruncated))
	}
	return d.image(), err
}

// decodePlanes decodes the file to d.planes, which are left empty if there is an error before the first scan.
func (d *decoder) decodePlanes() error {
	if len(d.data) < 2 || d.data[0] != 0xff || d.data[1] != markerSOI {
		return FormatError("missing SOI marker")
	}
	err := d.segments()
	if d.Progressive && d.planes[0].pix != nil {
		d.reconstruct()
	}
	if err == nil {
		err = d.err
	}
	return err
}

// segments decodes all segments (figure B.2) up to the end of the picture. Damage in entropy-coded data goes to d.err and does not end it.
func (d *decoder) segments() error {
	for i := 2; ; {
		marker, body := findMarker(d.data, i)
		switch {
		case marker == 0:
			return ErrTruncated
		case marker == markerEOI:
			return d.missing()
		case !hasLength(marker):
			i = body
			continue
		}
		b, err := segment(d.data, body)
		if err != nil {
			return err
		}
		i = body + 2 + len(b)
		switch {
		case isSOF(marker):
			err = d.startFrame(marker, b)
		case marker == markerDHT:
			err = d.defineHuffman(b)
		case marker == markerDQT:
			err = d.defineQuant(b)
		case marker == markerDRI:
			if len(b) != 2 {
				return FormatError("restart interval has wrong length")
			}
			d.ri = int(b[0])<<8 | int(b[1])
		case marker == markerSOS:
			i, err = d.decodeScan(b, i)
			if err == nil && !d.Progressive && d.missing() == nil {
				return nil
			}
		case marker == markerAPP0 || marker == markerAPP14:
			d.app.parse(marker, b)
		case marker == markerDAC:
			err = UnsupportedError("arithmetic coding")
		case marker < markerSOF0:
			err = FormatError("unknown marker")
		}
		if err != nil {
			return err
		}
	}
}

// segment returns the contents of the segment whose length (B.1.1.4) stands at position i.
func segment(data []byte, i int) ([]byte, error) {
	if len(data)-i < 2 {
		return nil, ErrTruncated
	}
	n := int(data[i])<<8 | int(data[i+1])
	if n < 2 {
		return nil, FormatError("short segment length")
	}
	if len(data)-i < n {
		return nil, ErrTruncated
	}
	return data[i+2 : i+n], nil
}

// missing reports, as an error, whether a component has had no scan.
func (d *decoder) missing() error {
	if d.Components == 0 {
		return FormatError("missing frame header")
	}
	for _, ok := range d.scanned[:d.Components] {
		if !ok {
			return FormatError("missing scan")
		}
	}
	return nil
}

func (d *decoder) startFrame(marker byte, b []byte) error {
	if d.Components != 0 {
		return FormatError("second frame header")
	}
	if err := d.frame.parse(marker, b); err != nil {
		d.frame = frame{}
		return err
	}
	d.Config.RGB = d.isRGB(d.app)
	if d.Memory(d.denom) > maxMemory {
		d.frame = frame{}
		return ErrTooLarge
	}
	return nil
}

// defineQuant takes in quantization tables (B.2.4.1).
func (d *decoder) defineQuant(b []byte) error {
	for len(b) > 0 {
		precision, tq := b[0]>>4, b[0]&15
		n := 64 << (precision & 1)
		if precision > 1 || tq > 3 {
			return FormatError("bad quantization table selector")
		}
		if len(b) < 1+n {
			return FormatError("quantization table has wrong length")
		}
		for k := range 64 {
			if precision == 0 {
				d.quant[tq][k] = uint16(b[1+k])
			} else {
				d.quant[tq][k] = uint16(b[1+2*k])<<8 | uint16(b[2+2*k])
			}
		}
		b = b[1+n:]
	}
	return nil
}

// defineHuffman takes in Huffman tables (B.2.4.2).
func (d *decoder) defineHuffman(b []byte) error {
	for len(b) > 0 {
		if len(b) < 17 {
			return FormatError("Huffman table has wrong length")
		}
		class, th := b[0]>>4, b[0]&15
		if class > 1 || th > 3 || d.baseline && th > 1 {
			return FormatError("bad Huffman table selector")
		}
		counts := (*[16]uint8)(b[1:17])
		n := 0
		for _, c := range counts {
			n += int(c)
		}
		switch {
		case n == 0:
			return FormatError("empty Huffman table")
		case n > 256 || len(b) < 17+n:
			return FormatError("Huffman table has wrong length")
		}
		h := &d.dc[th]
		if class == 1 {
			h = &d.ac[th]
		}
		d.fresh[class][th] = true
		if err := h.define(counts, b[17:17+n]); err != nil {
			d.fresh[class][th] = false
			return err
		}
		b = b[17+n:]
	}
	return nil
}

// decodeScan decodes a scan whose header is b and whose entropy-coded data begins at position i in the file, and returns the
// position behind it. Errors are those of the header.
func (d *decoder) decodeScan(b []byte, i int) (next int, err error) {
	if d.Components == 0 {
		return i, FormatError("missing frame header")
	}
	sc, err := d.parseScan(b)
	if err != nil {
		return i, err
	}
	if d.planes[0].pix == nil {
		d.makePlanes()
	}
	if d.Progressive {
		return d.decodeProgressive(&sc, b, i)
	}
	return d.decodeSequential(&sc, i)
}

// makePlanes allocates the planes, medium grey: what is never decoded stays so. (Those of a progressive picture are written as a
// whole in the end.)
func (d *decoder) makePlanes() {
	for i := range d.Components {
		c := &d.comps[i]
		p := plane{stride: c.stride * d.size}
		p.pix = make([]byte, p.stride*c.rows*d.size)
		if !d.Progressive {
			p.grey()
		}
		d.planes[i] = p
	}
}

// grey makes all samples medium grey.
func (p *plane) grey() {
	p.pix[0] = 128
	for k := 1; k < len(p.pix); k *= 2 {
		copy(p.pix[k:], p.pix[:k])
	}
}

// damaged notes damage in the entropy-coded data, of which the first is reported.
func (d *decoder) damaged(err error) {
	if d.err == nil {
		d.err = err
	}
}

// begin begins to read the segment at position i, or goes on behind it if it was read ahead.
func (d *decoder) begin(i int) {
	if d.ahead {
		d.entropy, d.second = d.second, d.entropy
		return
	}
	d.start(i)
}

// restart looks for the restart marker number expected (modulo 8), and begins to read the segment behind it. If that cannot be
// found it returns false; lost is then whether there are no more segments in this scan. Files lose restart intervals when
// transmission or storage does. As in libjpeg, which all browsers use, a marker with one of the next two numbers means that the
// expected one was lost, and so stays for the next call; one with one of the last two numbers is passed over, as is what only
// looks like a marker; other restart markers are taken for the one expected; any other marker ends the scan.
func (d *decoder) restart(expected int) (ok, lost bool) {
	for {
		marker, next := d.marker()
		if inScan(marker) && !isRST(marker) {
			d.damaged(FormatError("unexpected marker"))
			d.next = next
			continue
		}
		if !isRST(marker) {
			d.damaged(ErrTruncated)
			return false, true
		}
		switch (int(marker) - markerRST0 - expected) & 7 {
		case 0:
			d.begin(next)
			return true, false
		case 1, 2:
			d.damaged(FormatError("missing restart marker"))
			return false, false
		case 6, 7:
			d.damaged(FormatError("unexpected restart marker"))
			d.next = next
		default:
			d.damaged(FormatError("unexpected restart marker"))
			d.begin(next)
			return true, false
		}
	}
}
