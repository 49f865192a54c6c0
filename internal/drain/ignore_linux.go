package drain

import (
	"net"

	"golang.org/x/sys/unix"
)

// ignore has the kernel pass over further requests for connections, segments with SYN (RFC
// 9293, section 3.1), without a word: their clients ask again after a second, when the next
// program may be listening. What is being granted goes on. It does nothing for what is not
// TCP, where there is no such moment, nor for multipath TCP, whose sockets take no filter.
func ignore(l net.Listener) {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	const flags, syn = 13, 2 // where in the header the flags are, and SYN among them
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jf: 1, K: syn},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: 1 << 18}, // all of it
	}
	_ = raw.Control(func(fd uintptr) {
		// Where it is not possible, a client that comes in the very last moment is reset.
		_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	})
}
