//go:build !race

package testkit

// slowdown is 1, but with the race detector.
const slowdown = 1
