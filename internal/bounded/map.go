// Package bounded holds what must not grow or run without limit: maps whose
// entries cost memory, and calls that many make at once.
package bounded

import "sync"

// Map remembers values by key until their cost exceeds a limit. It then drops
// entries in no particular order: for caches that fill in minutes and whose
// entries are equally dear to replace, a better order would cost more to keep
// than it saves. It is safe for use by many goroutines.
type Map[K comparable, V any] struct {
	limit int64
	cost  func(V) int64

	mu    sync.Mutex
	m     map[K]V
	total int64
}

// NewMap returns a map that holds values of a total cost up to limit. cost is in
// any unit, at least 1, and must not change while a value is in the map; with a
// nil cost each value costs 1.
func NewMap[K comparable, V any](limit int64, cost func(V) int64) *Map[K, V] {
	if cost == nil {
		cost = func(V) int64 { return 1 }
	}
	return &Map[K, V]{limit: limit, cost: cost, m: map[K]V{}}
}

// Get returns the value of k, and whether there is one.
func (m *Map[K, V]) Get(k K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.m[k]
	return v, ok
}

// Put sets the value of k and drops others to make room. A value that costs more
// than the whole limit is not kept.
func (m *Map[K, V]) Put(k K, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(k, v)
}

// Update replaces the value of k by what f makes of it, in one step. ok says
// whether there was a value; where f returns false all stays as it is.
func (m *Map[K, V]) Update(k K, f func(v V, ok bool) (V, bool)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.m[k]
	if v, keep := f(v, ok); keep {
		m.put(k, v)
	}
}

// put sets a value. m.mu is held.
func (m *Map[K, V]) put(k K, v V) {
	m.remove(k)
	cost := m.cost(v)
	if cost > m.limit {
		return
	}
	if m.total+cost > m.limit { // to begin a range takes longer than all else here
		m.makeRoom(cost)
	}
	m.m[k] = v
	m.total += cost
}

// makeRoom drops values until there is room for another of that cost. m.mu is held.
func (m *Map[K, V]) makeRoom(cost int64) {
	for other := range m.m {
		if m.total+cost <= m.limit {
			return
		}
		m.remove(other)
	}
}

// Delete drops the value of k, if there is one.
func (m *Map[K, V]) Delete(k K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remove(k)
}

// remove drops a value. m.mu is held.
func (m *Map[K, V]) remove(k K) {
	if v, ok := m.m[k]; ok {
		m.total -= m.cost(v)
		delete(m.m, k)
	}
}

// Clear drops all values.
func (m *Map[K, V]) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.m)
	m.total = 0
}

// Cost is the total cost of what the map holds, at most its limit.
func (m *Map[K, V]) Cost() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.total
}

// Len is how many values the map holds.
func (m *Map[K, V]) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.m)
}
