// Package machine knows what the program runs on.
package machine
