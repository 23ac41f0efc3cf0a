package dbtest

import "syscall"

// childOf makes a child run as owner and die with its parent, however that
// dies.
func childOf(owner *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: owner, Pdeathsig: syscall.SIGQUIT}
}
