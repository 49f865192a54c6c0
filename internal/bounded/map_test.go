package bounded

import (
	"sync"
	"testing"
)

// Whatever is put in, the cost stays within the limit, and is that of what is there.
func TestMap_limit(t *testing.T) {
	m := NewMap[int](100, func(v int) int64 { return int64(v) })
	for i := range 1000 {
		m.Put(i%70, 1+i*7%40)
		sum := int64(0)
		for k := range 70 {
			v, _ := m.Get(k)
			sum += int64(v)
		}
		if m.Cost() > 100 || m.Cost() != sum {
			t.Fatalf("after %d puts the map costs %d, its values %d, limit 100", i+1, m.Cost(), sum)
		}
	}
	if v, ok := m.Get(999 % 70); !ok || v != 1+999*7%40 {
		t.Errorf("the last value put is %d, %v", v, ok)
	}
	if m.Len() < 2 {
		t.Errorf("the map holds %d values, though there is room for more", m.Len())
	}
}

// What costs more than the limit is not kept, nor does it cost the others.
func TestMap_tooDear(t *testing.T) {
	m := NewMap[string](10, func(v int) int64 { return int64(v) })
	m.Put("a", 4)
	m.Put("b", 11)
	if _, ok := m.Get("b"); ok || m.Len() != 1 {
		t.Errorf("a value beyond the limit is kept, or has cost another: %d values", m.Len())
	}
	m.Put("a", 11)
	if _, ok := m.Get("a"); ok || m.Cost() != 0 {
		t.Errorf("the value before one that is not kept still stands: cost %d", m.Cost())
	}
}

func TestMap_update(t *testing.T) {
	m := NewMap[string, int](10, nil)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { m.Update("n", func(v int, _ bool) (int, bool) { return v + 1, true }) })
	}
	all.Wait()
	m.Update("n", func(v int, ok bool) (int, bool) { return v + 1000, false })
	if v, _ := m.Get("n"); v != 100 {
		t.Errorf("after 100 updates at once the value is %d", v)
	}
	m.Delete("n")
	m.Delete("n")
	if m.Len() != 0 || m.Cost() != 0 {
		t.Errorf("after Delete: %d values of cost %d", m.Len(), m.Cost())
	}
	m.Put("n", 1)
	m.Clear()
	if m.Len() != 0 || m.Cost() != 0 {
		t.Errorf("after Clear: %d values of cost %d", m.Len(), m.Cost())
	}
}
