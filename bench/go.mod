module gallery/bench

go 1.26.0

require (
	gallery v0.0.0
	github.com/disintegration/imaging v1.6.2
	golang.org/x/image v0.47.0
)

require (
	github.com/klauspost/compress v1.20.4 // indirect
	github.com/kovidgoyal/go-parallel v1.1.1 // indirect
	github.com/kovidgoyal/imaging v1.9.0 // indirect
	golang.org/x/text v0.44.0 // indirect
)

// The tree that this module stands in, also without the workspace.
replace gallery => ../
