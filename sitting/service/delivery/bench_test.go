package delivery

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"testing"
)

func BenchmarkAppend(b *testing.B) {
	d, err := Open(Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	entry, last := make([]byte, 500), uint64(0)
	for b.Loop() {
		if last, err = d.Append(b.Context(), "budget", entry, last); err != nil {
			b.Fatal(err)
		}
	}
}

// A welcome for 50 members of a post-quantum group has some 850 kB.
func BenchmarkPutBlob(b *testing.B) {
	for _, size := range []int{850 << 10, MaxBlob} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			d, err := Open(Options{Dir: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			blob := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				b.StopTimer()
				_, _ = rand.Read(blob) // never fails
				hash := sha256.Sum256(blob)
				b.StartTimer()
				if err := d.PutBlob(b.Context(), "budget", hash, blob); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
