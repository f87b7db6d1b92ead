package piv

import "golang.org/x/sys/unix"

// suspects returns the names of all processes.
func suspects() (names []string) {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil
	}
	for _, p := range all {
		names = append(names, unix.ByteSliceToString(p.Proc.P_comm[:]))
	}
	return names
}
