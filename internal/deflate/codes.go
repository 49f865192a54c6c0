package deflate

import "math/bits"

// An entry says what a code is: its length in bits, its kind, and its value; and how many bits
// that are to be added to the value follow it. Of one whose codes are longer than what the table is
// looked up by, the value is where the table goes on, and extra how many more bits that is looked up by.
// Of literals there are up to three in an entry, the first lowest, if their codes, whose lengths are
// added, are together no longer than what the table is looked up by.
type entry uint32

const (
	kindShift    = 5
	literalShift = 8 // of a literal, from which on there may be three
	extraShift   = 8 // of others
	valueShift   = 16

	literal   entry = 1 << kindShift // times their number
	noliteral entry = 4 << kindShift // all but literals have this bit
	reach     entry = 4 << kindShift // a length or a distance
	ending    entry = 5 << kindShift
	longer    entry = 6 << kindShift
	bad       entry = 7 << kindShift
	kinds     entry = 7 << kindShift

	literalBits  = 10 // that tables are looked up by
	distanceBits = 8
)

// length is how many bits an entry's code has.
func (e entry) length() uint { return uint(e & 31) }

// literals is how many there are, of an entry that has some.
func (e entry) literals() int { return int(e >> kindShift & 3) }

// codes are a block's.
type codes struct {
	literals, distances []entry
}

// What symbols mean (RFC 1951, 3.2.5).
var literalEntries, distanceEntries = makeEntries()

func makeEntries() (l [288]entry, d [32]entry) {
	for i := range 256 {
		l[i] = literal | entry(i)<<literalShift
	}
	l[256] = ending
	ranged := func(to []entry, value, step int) {
		for i := range to {
			extra := max(0, i/step-1)
			to[i] = reach | entry(extra)<<extraShift | entry(value)<<valueShift
			value += 1 << extra
		}
	}
	ranged(l[257:285], 3, 4)
	l[285] = reach | 258<<valueShift
	l[286], l[287] = bad, bad
	ranged(d[:30], 1, 2)
	d[30], d[31] = bad, bad
	return l, d
}

// fixed sets the codes of 3.2.6.
func (c *codes) fixed() {
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	c.literals, _ = build(c.literals, literalBits, lengths[:], literalEntries[:])
	join(c.literals[:1<<literalBits])
	for i := range 32 {
		lengths[i] = 5
	}
	c.distances, _ = build(c.distances, distanceBits, lengths[:32], distanceEntries[:])
}

// order is that of the lengths of the codes for lengths.
var order = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads a block's own codes (3.2.7).
func (d *Reader) dynamic() error {
	var head [3]uint32
	for i, n := range []uint{5, 5, 4} {
		v, err := d.take(n)
		if err != nil {
			return err
		}
		head[i] = v
	}
	literals, all := int(head[0])+257, int(head[0])+257+int(head[1])+1
	if literals > 286 || all-literals > 30 {
		return ErrFormat
	}
	var lengths [286 + 30]uint8
	for _, at := range order[:head[2]+4] {
		v, err := d.take(3)
		if err != nil {
			return err
		}
		lengths[at] = uint8(v)
	}
	var symbols [19]entry
	for i := range symbols {
		symbols[i] = literal | entry(i)<<literalShift
	}
	const lengthBits = 7 // the most that there are
	table, ok := build(nil, lengthBits, lengths[:19], symbols[:])
	if !ok {
		return ErrFormat
	}
	clear(lengths[:19])
	for i := 0; i < all; {
		if d.n < 14 {
			if err := d.load(); err != nil {
				return err
			}
		}
		e := table[d.bits&(1<<lengthBits-1)]
		if e&kinds != literal {
			return ErrFormat
		}
		d.bits >>= e & 31
		d.n -= uint(e & 31)
		symbol := uint8(e >> literalShift)
		if symbol < 16 {
			lengths[i] = symbol
			i++
			continue
		}
		repeated, extra, least := uint8(0), uint(7), 11
		switch symbol {
		case 16:
			if i == 0 {
				return ErrFormat
			}
			repeated, extra, least = lengths[i-1], 2, 3
		case 17:
			extra, least = 3, 3
		}
		n, err := d.take(extra)
		if err != nil {
			return err
		}
		count := least + int(n)
		if i+count > all {
			return ErrFormat
		}
		for range count {
			lengths[i] = repeated
			i++
		}
	}
	var sound [2]bool
	d.literals, sound[0] = build(d.literals, literalBits, lengths[:literals], literalEntries[:])
	d.distances, sound[1] = build(d.distances, distanceBits, lengths[literals:all], distanceEntries[:])
	if !sound[0] || !sound[1] {
		return ErrFormat
	}
	join(d.literals[:1<<literalBits])
	return d.check()
}

// join adds to the literals of a table those that follow. From the end on, since what follows is looked
// up by fewer bits, and is still to be one literal alone.
func join(table []entry) {
	by := uint(bits.Len(uint(len(table) - 1)))
	for i := len(table) - 1; i >= 0; i-- {
		e := table[i]
		if e&kinds != literal {
			continue
		}
		for shift := uint(literalShift + 8); shift < 32; shift += 8 {
			next := table[i>>e.length()]
			if next&kinds != literal || e.length()+next.length() > by {
				break
			}
			e += literal + entry(next.length()) + next>>literalShift<<shift
		}
		table[i] = e
	}
}

// build makes the table of the codes with these lengths (3.2.2), of at most 15 bits, in the place of
// another. It is looked up by so many bits. Codes need not be complete only where there is at
// most one.
func build(table []entry, by uint, lengths []uint8, entries []entry) (made []entry, ok bool) {
	var count, next [16]int
	most := uint(0)
	for _, l := range lengths {
		count[l]++
		most = max(most, uint(l))
	}
	code := 0
	for l := uint(1); l <= most; l++ {
		code <<= 1
		next[l] = code
		code += count[l]
	}
	grow := func(n int) {
		for range n {
			table = append(table, bad)
		}
	}
	table = table[:0]
	grow(1 << by)
	if most > 0 && code != 1<<most && !(code == 1 && most == 1) {
		return table, false
	}
	for symbol, l := range lengths {
		if l == 0 {
			continue
		}
		reversed := int(bits.Reverse16(uint16(next[l])) >> (16 - l))
		next[l]++
		e := entries[symbol] | entry(l)
		if uint(l) <= by {
			for i := reversed; i < 1<<by; i += 1 << l {
				table[i] = e
			}
			continue
		}
		first := &table[reversed&(1<<by-1)]
		if *first == bad {
			*first = longer | entry(most-by)<<extraShift | entry(len(table))<<valueShift
			at := *first
			grow(1 << (most - by))
			first = &at
		}
		for i := reversed >> by; i < 1<<(most-by); i += 1 << (uint(l) - by) {
			table[int(*first>>valueShift)+i] = e
		}
	}
	return table, true
}
