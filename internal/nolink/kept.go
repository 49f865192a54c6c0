package nolink

import (
	"io/fs"
	"sync"
	"sync/atomic"
)

// kept are files below a folder that stay open while the folder is. Who opens one of them anew
// asks whether it is still what it was: on a network that is no round trip, or one, where
// finding, opening and closing are four. It tells at once that the file was removed, replaced,
// moved or changed on this machine. What was done on another, or to a folder that it lies in,
// tells only who finds it anew: hence a folder that keeps files is closed before long.
type kept struct {
	room  *atomic.Int32 // for so many more files, below this folder and others
	mu    sync.Mutex
	files map[string]*keptFile // by path
}

// keptFile is a descriptor of several users.
type keptFile struct {
	fd    int
	info  fs.FileInfo
	users atomic.Int32 // the folder is one of them
}

// Keep has the files that are opened below a folder from now on stay open until it is closed,
// those for which there is room. It is called before others use the folder.
func (d *Dir) Keep(room *atomic.Int32) {
	if d.steps == nil {
		d.kept = &kept{room: room, files: map[string]*keptFile{}}
	}
}

// find returns the file kept for a path, which is the caller's to release, or nil.
func (k *kept) find(path string) *keptFile {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	f := k.files[path]
	if f != nil {
		f.users.Add(1)
	}
	return f
}

// add keeps a file for a path and returns it as the caller's to release, too, or nil where
// there is no room.
func (k *kept) add(path string, fd int, info fs.FileInfo) *keptFile {
	if k == nil || k.room.Add(-1) < 0 {
		if k != nil {
			k.room.Add(1)
		}
		return nil
	}
	f := &keptFile{fd: fd, info: info}
	f.users.Store(2)
	k.mu.Lock()
	before := k.files[path]
	k.files[path] = f
	k.mu.Unlock()
	k.end(before)
	return f
}

// drop keeps a file no more.
func (k *kept) drop(path string, f *keptFile) {
	k.mu.Lock()
	if k.files[path] != f {
		f = nil // another has dropped it
	} else {
		delete(k.files, path)
	}
	k.mu.Unlock()
	k.end(f)
}

// close keeps no file any more.
func (k *kept) close() {
	if k == nil {
		return
	}
	k.mu.Lock()
	files := k.files
	k.files = nil
	k.mu.Unlock()
	for _, f := range files {
		k.end(f)
	}
}

// end releases a file, which may be nil, for the folder. On a network closing may wait: no lock
// is held.
func (k *kept) end(f *keptFile) {
	if f != nil {
		k.room.Add(1)
		_ = f.release() // it was only read
	}
}

// release closes the file if nobody else uses it.
func (f *keptFile) release() error {
	if f.users.Add(-1) > 0 {
		return nil
	}
	return closeDescriptor(f.fd)
}
