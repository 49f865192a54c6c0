//go:build race

package testkit

// slowdown is how much more processor time everything takes with the race detector, at most.
const slowdown = 20
