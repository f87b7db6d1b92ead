//go:build !linux

package keystore

import (
	"context"
	"sync"
)

// A patient store calls a system whose calls cannot be interrupted, one after
// the other, on goroutines that may outlive the caller's patience.
type patient struct {
	turn  sync.Mutex
	calls sync.WaitGroup
	system
}

// A system is a store whose calls take as long as they take.
type system interface {
	get(name string) ([]byte, error)
	set(name string, value []byte) error
	remove(name string) error
}

func (p *patient) Get(ctx context.Context, name string) ([]byte, error) {
	got := make(chan []byte, 1)
	err := p.do(ctx, func() error {
		kept, err := p.get(name)
		if err == nil {
			kept, err = unwrap(kept)
		}
		got <- kept
		return err
	})
	if err != nil {
		return nil, err
	}
	return <-got, nil
}

func (p *patient) Set(ctx context.Context, name string, value []byte) error {
	kept, err := wrap(value)
	if err != nil {
		return err
	}
	return p.do(ctx, func() error { return p.set(name, kept) })
}

func (p *patient) Delete(ctx context.Context, name string) error {
	return p.do(ctx, func() error { return p.remove(name) })
}

func (p *patient) Close() error {
	p.calls.Wait()
	return nil
}

func (p *patient) do(ctx context.Context, call func() error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	done := make(chan error, 1)
	p.calls.Go(func() {
		p.turn.Lock()
		defer p.turn.Unlock()
		done <- call()
	})
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
