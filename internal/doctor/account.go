package doctor

import (
	"encoding/binary"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"
)

// What an account may be asked to do with a file, as bits of a mode.
const (
	read  = 4
	write = 2
	enter = 1
)

// Account is a user of this machine: who a process runs as.
type Account struct {
	Name  string
	Group string // the name of the first of its groups
	uid   uint32
	gids  []uint32
}

// Self is the account that this process runs as.
func Self() Account {
	a := Account{Name: strconv.Itoa(os.Geteuid()), Group: strconv.Itoa(os.Getegid()), uid: uint32(os.Geteuid()), gids: []uint32{uint32(os.Getegid())}}
	groups, _ := os.Getgroups()
	for _, g := range groups {
		a.gids = append(a.gids, uint32(g))
	}
	a.names()
	return a
}

// Named is the account of a name. It fails where there is none.
func Named(name string) (Account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return Account{}, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return Account{}, err
	}
	a := Account{uid: uint32(uid), Name: name, Group: u.Gid}
	others, _ := u.GroupIds()
	for _, g := range append([]string{u.Gid}, others...) {
		if gid, err := strconv.ParseUint(g, 10, 32); err == nil {
			a.gids = append(a.gids, uint32(gid))
		}
	}
	a.names()
	return a, nil
}

// Service is the account that the service runs as: that of the name or, without one, who runs
// this or, as root, the user of the unit that is shipped, if there is one.
func Service(name string) (Account, error) {
	if name != "" {
		return Named(name)
	}
	if os.Geteuid() == 0 {
		if a, err := Named("gallery"); err == nil {
			return a, nil
		}
	}
	return Self(), nil
}

// names gives an account the names that its numbers have, where they have some.
func (a *Account) names() {
	if u, err := user.LookupId(strconv.Itoa(int(a.uid))); err == nil {
		a.Name = u.Username
	}
	if g, err := user.LookupGroupId(a.Group); err == nil {
		a.Group = g.Name
	}
}

// owner returns who a file belongs to.
func owner(info fs.FileInfo) (uid, gid uint32) {
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		return sys.Uid, sys.Gid
	}
	return 0, 0
}

// may reports whether the account may do what is wanted of a file, by its mode and, where
// there is one, its POSIX ACL, which acl returns as the kernel keeps it; nil for none.
func (a Account) may(info fs.FileInfo, want fs.FileMode, acl func() []byte) bool {
	if a.uid == 0 {
		return info.IsDir() || want&enter == 0
	}
	if list := acl(); list != nil {
		if granted, ok := a.granted(list, info); ok {
			return granted&want == want
		}
	}
	return info.Mode().Perm()>>a.class(info)&want == want
}

// class is by how many bits the permissions that hold for the account are shifted in a mode.
func (a Account) class(info fs.FileInfo) int {
	uid, gid := owner(info)
	switch {
	case uid == a.uid:
		return 6
	case slices.Contains(a.gids, gid):
		return 3
	}
	return 0
}

// The tags of an ACL's entries (posix_acl_xattr.h of Linux).
const (
	aclUserObj  = 0x01
	aclUser     = 0x02
	aclGroupObj = 0x04
	aclGroup    = 0x08
	aclMask     = 0x10
	aclOther    = 0x20
)

// granted is what an ACL (acl(5)) grants the account: version 2 in four bytes, then entries of
// tag and permissions in two bytes each and an id in four, little-endian. It reports false for
// what it does not understand.
func (a Account) granted(list []byte, info fs.FileInfo) (fs.FileMode, bool) {
	if len(list) < 4 || (len(list)-4)%8 != 0 || binary.LittleEndian.Uint32(list) != 2 {
		return 0, false
	}
	uid, gid := owner(info)
	mask, mine, groups, other := fs.FileMode(7), fs.FileMode(0), fs.FileMode(0), fs.FileMode(0)
	isMine, inGroup := false, false
	for e := list[4:]; len(e) > 0; e = e[8:] {
		permissions, id := fs.FileMode(binary.LittleEndian.Uint16(e[2:])), binary.LittleEndian.Uint32(e[4:])
		switch binary.LittleEndian.Uint16(e) {
		case aclUserObj:
			if uid == a.uid {
				return permissions, true
			}
		case aclUser:
			if id == a.uid {
				mine, isMine = permissions, true
			}
		case aclGroupObj:
			if slices.Contains(a.gids, gid) {
				groups, inGroup = groups|permissions, true
			}
		case aclGroup:
			if slices.Contains(a.gids, id) {
				groups, inGroup = groups|permissions, true
			}
		case aclMask:
			mask = permissions
		case aclOther:
			other = permissions
		}
	}
	switch {
	case isMine:
		return mine & mask, true
	case inGroup:
		return groups & mask, true
	}
	return other, true
}

// chmod is the command that lets the account do with a file what is wanted. Where that would
// be to let everybody write, it gives the file to the account's group.
func (a Account) chmod(info fs.FileInfo, want fs.FileMode, path string) string {
	return a.sudo(info) + a.bare(info, want, word(path))
}

// bare is chmod without who is to run it; path is a word for a shell.
func (a Account) bare(info fs.FileInfo, want fs.FileMode, path string) string {
	letters := a.letters(info, want)
	if want&write != 0 && a.class(info) == 0 {
		return "chgrp " + word(a.Group) + " " + path + " && " + a.sudo(info) + "chmod g" + letters[1:] + " " + path
	}
	return "chmod " + letters + " " + path
}

// letters are what chmod calls the permissions that the account lacks, such as "o+r".
func (a Account) letters(info fs.FileInfo, want fs.FileMode) string {
	class := map[int]string{6: "u", 3: "g", 0: "o"}[a.class(info)]
	text := class + "+"
	for i, letter := range "rwx" {
		if want>>(2-i)&1 != 0 {
			text += string(letter)
		}
	}
	return text
}

// sudo is what a command about a file begins with: this user may change their own files.
func (a Account) sudo(info fs.FileInfo) string {
	if uid, _ := owner(info); os.Geteuid() == 0 || int(uid) == os.Geteuid() {
		return ""
	}
	return "sudo "
}
