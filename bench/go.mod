module gallery/bench

go 1.26.0

require (
	gallery v0.0.0
	github.com/disintegration/imaging v1.6.2
)

require (
	github.com/bep/imagemeta v1.0.1 // indirect
	golang.org/x/image v0.47.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

// The tree that this module stands in, also without the workspace.
replace gallery => ../
