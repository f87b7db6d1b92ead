package keystore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/keybase/go-keychain/secretservice"
)

func lasting(ctx context.Context) (Store, error) { return openSecrets(ctx, false) }

// passing is the service's own session collection, from which Close deletes
// what was kept, or memory where there is no service.
func passing(ctx context.Context) (Store, error) {
	s, err := openSecrets(ctx, true)
	if errors.Is(err, ErrUnavailable) {
		return Memory(), nil
	}
	return s, err
}

// secrets is the Secret Service, specifications.freedesktop.org/secret-service.
type secrets struct {
	service *secretservice.SecretService
	passing bool

	turn    chan struct{}          // capacity 1: full during a call, for prompts are told apart by nothing else
	session *secretservice.Session // owned by who has the turn
	names   []string               // likewise; what a passing store keeps
}

func openSecrets(ctx context.Context, passing bool) (Store, error) {
	if !busRuns() {
		return nil, ErrUnavailable
	}
	service, err := secretservice.NewService()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	s := &secrets{service: service, passing: passing, turn: make(chan struct{}, 1)}
	err = s.do(ctx, func() error {
		if !passing {
			if _, err := s.locked(); err != nil {
				return err
			}
		}
		s.session, err = service.OpenSession(secretservice.AuthenticationDHAES)
		return err
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return s, nil
}

// busRuns reports whether there is a session bus. The library would start one
// of its own.
func busRuns() bool {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	_, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), "bus"))
	return err == nil
}

// do runs call when it is its turn, on a goroutine that may outlive ctx.
func (s *secrets) do(ctx context.Context, call func() error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-s.turn }()
		done <- call()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func attributes(name string) secretservice.Attributes {
	return secretservice.Attributes{"application": application, "name": name}
}

func (s *secrets) Get(ctx context.Context, name string) ([]byte, error) {
	got := make(chan []byte, 1)
	err := s.do(ctx, func() error {
		value, err := s.get(ctx, name)
		got <- value
		return err
	})
	if err != nil {
		return nil, err
	}
	return <-got, nil
}

func (s *secrets) get(ctx context.Context, name string) ([]byte, error) {
	if err := s.unlock(ctx); err != nil {
		return nil, err
	}
	items, err := s.service.SearchCollection(s.collection(), attributes(name))
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, ErrNotFound
	}
	var value []byte
	err = s.twice(func() error {
		kept, err := s.service.GetSecret(items[0], *s.session)
		if err == nil {
			value, err = unwrap(kept)
		}
		return err
	})
	return value, err
}

// twice makes a call that carries a secret, and if it fails once more in a new
// session. In one session of 256 the library and the service disagree about the
// key: the library drops what zeros the shared secret begins with.
func (s *secrets) twice(call func() error) error {
	err := call()
	if err == nil {
		return nil
	}
	session, failed := s.service.OpenSession(secretservice.AuthenticationDHAES)
	if failed != nil {
		return err
	}
	s.service.CloseSession(s.session)
	s.session = session
	return call()
}

func (s *secrets) Set(ctx context.Context, name string, value []byte) error {
	kept, err := wrap(value)
	if err != nil {
		return err
	}
	return s.do(ctx, func() error {
		if err := s.unlock(ctx); err != nil {
			return err
		}
		if s.passing && !slices.Contains(s.names, name) {
			s.names = append(s.names, name)
		}
		properties := secretservice.NewSecretProperties(application+": "+name, attributes(name))
		return s.twice(func() error {
			secret, err := s.session.NewSecret(kept)
			if err == nil {
				_, err = s.service.CreateItem(s.collection(), properties, secret, secretservice.ReplaceBehaviorReplace)
			}
			return err
		})
	})
}

func (s *secrets) Delete(ctx context.Context, name string) error {
	return s.do(ctx, func() error {
		if err := s.unlock(ctx); err != nil {
			return err
		}
		return s.delete(name)
	})
}

func (s *secrets) delete(name string) error {
	items, err := s.service.SearchCollection(s.collection(), attributes(name))
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := s.service.DeleteItem(item); err != nil {
			return err
		}
	}
	return nil
}

// Close deletes what a passing store has kept, and ends the session.
func (s *secrets) Close() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	var errs []error
	for _, name := range s.names {
		errs = append(errs, s.delete(name))
	}
	s.service.CloseSession(s.session)
	return errors.Join(errs...)
}
