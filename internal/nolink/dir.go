package nolink

import (
	"io/fs"
	"os"
	"path"
	"sync/atomic"
)

// Dir is an open folder below which files are found by as few system calls as the system
// allows: each may be a round trip to another machine. Where the kernel itself can refuse
// links (openat2, Linux 5.6), a path is opened by one call, whose answer cannot differ from
// what was looked at. Elsewhere, and where a filter forbids that call, it is opened in the
// steps of Folder and File.
type Dir struct {
	opened opened
	steps  *os.Root // the same folder on the systems that need the steps, else nil
	lent   bool     // it is the root that Open was given
	kept   *kept    // the files that stay open while it does; nil for none

	others atomic.Int32 // who is still to close it, besides one
}

// Open returns root as a Dir. The caller closes root, when nobody uses the Dir any more,
// and not the Dir.
func Open(root *os.Root) (*Dir, error) {
	if d, ok, err := openAtOnce(root); ok || err != nil {
		return d, err
	}
	return &Dir{steps: root, lent: true}, nil
}

// Share has a folder that Folder returned stay open until it is closed once more.
func (d *Dir) Share() { d.others.Add(1) }

// Close closes a folder that Folder returned.
func (d *Dir) Close() error {
	switch {
	case d.lent, d.others.Add(-1) >= 0:
		return nil
	case d.steps != nil:
		return d.steps.Close()
	}
	d.kept.close()
	return d.opened.close()
}

// Folder opens the folder at a path below d. It fails with an error that is fs.ErrNotExist
// where there is none, and where a component of the path is a link.
func (d *Dir) Folder(name string) (*Dir, error) {
	if d.steps == nil {
		return d.opened.folder(name)
	}
	folder, err := Folder(d.steps, name, false)
	if err != nil {
		return nil, err
	}
	return &Dir{steps: folder}, nil
}

// Lstat is the state of what bears a name, of one component, in d. It is not for os.SameFile.
func (d *Dir) Lstat(name string) (fs.FileInfo, error) {
	if d.steps == nil {
		return d.opened.lstat(name)
	}
	return d.steps.Lstat(name)
}

// LstatAt is Lstat at a path below d. On the systems that need the steps it follows links in
// the path that lead to places below d, but for the last.
func (d *Dir) LstatAt(path string) (fs.FileInfo, error) {
	if d.steps == nil {
		return d.opened.lstatAt(path)
	}
	return d.steps.Lstat(path)
}

// File opens the regular file at a path below d for reading. It never waits, and fails with an
// error that is fs.ErrNotExist for whatever else is there, and where a component is a link.
func (d *Dir) File(name string) (*Handle, fs.FileInfo, error) {
	if d.steps == nil {
		return d.fileAtOnce(name)
	}
	f, info, err := d.fileInSteps(name)
	if err != nil {
		return nil, nil, err
	}
	return &Handle{name: name, file: f}, info, nil
}

// fileAtOnce is File where openat2 opens.
func (d *Dir) fileAtOnce(name string) (*Handle, fs.FileInfo, error) {
	if f := d.kept.find(name); f != nil {
		if isAsOpened(f.fd, f.info) {
			return &Handle{name: name, fd: f.fd, kept: f}, f.info, nil
		}
		d.kept.drop(name, f)
		_ = f.release() // it was only read
	}
	fd, info, err := d.opened.file(name)
	if err != nil {
		return nil, nil, err
	}
	return &Handle{name: name, fd: fd, kept: d.kept.add(name, fd, info)}, info, nil
}

// fileInSteps is File on the systems that need the steps.
func (d *Dir) fileInSteps(name string) (*os.File, fs.FileInfo, error) {
	folder := d.steps
	if in := path.Dir(name); in != "." {
		var err error
		if folder, err = Folder(d.steps, in, false); err != nil {
			return nil, nil, err
		}
		defer folder.Close()
	}
	return File(folder, path.Base(name))
}
