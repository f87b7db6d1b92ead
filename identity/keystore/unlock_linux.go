package keystore

import (
	"context"
	"fmt"

	"github.com/keybase/dbus"
	"github.com/keybase/go-keychain/secretservice"
)

// The collections of the Secret Service: the login keyring, and one in memory that
// the service forgets when the person logs out.
const (
	loginCollection   = secretservice.DefaultCollection
	sessionCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/session")
)

func (s *secrets) collection() dbus.ObjectPath {
	if s.passing {
		return sessionCollection
	}
	return loginCollection
}

// unlock has the service unlock the collection, for which it may ask the person.
func (s *secrets) unlock(ctx context.Context) error {
	if s.passing {
		return nil // the session collection has no lock
	}
	locked, err := s.locked()
	if err != nil || !locked {
		return err
	}
	// On a connection of its own: the library waits 30 s for an answer that it
	// has not asked the bus to pass on.
	bus, err := dbus.ConnectSessionBus()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer bus.Close()
	return prompted(ctx, bus)
}

// locked reports whether the login keyring, which there may be none of, is locked.
func (s *secrets) locked() (bool, error) {
	locked, err := s.service.Obj(loginCollection).GetProperty("org.freedesktop.Secret.Collection.Locked")
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return locked.Value() != false, nil
}

// prompted asks to unlock the login keyring and waits for the person's answer.
// When ctx ends, the prompt is taken from the screen.
func prompted(ctx context.Context, bus *dbus.Conn) error {
	signals := make(chan *dbus.Signal, 16)
	bus.Signal(signals)
	if err := bus.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.Secret.Prompt"), dbus.WithMatchMember("Completed")); err != nil {
		return fmt.Errorf("keystore: unlock: %w", err)
	}
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	service := bus.Object(secretservice.SecretServiceInterface, secretservice.SecretServiceObjectPath)
	err := service.
		CallWithContext(ctx, "org.freedesktop.Secret.Service.Unlock", 0, []dbus.ObjectPath{loginCollection}).
		Store(&unlocked, &prompt)
	if err != nil {
		return fmt.Errorf("keystore: unlock: %w", err)
	}
	if prompt == secretservice.NullPrompt {
		return nil
	}
	shown := bus.Object(secretservice.SecretServiceInterface, prompt)
	if err := shown.CallWithContext(ctx, "org.freedesktop.Secret.Prompt.Prompt", 0, "").Err; err != nil {
		return fmt.Errorf("%w: %w", ErrLocked, err)
	}
	for {
		select {
		case signal := <-signals:
			if signal == nil {
				return ErrLocked // the bus has gone
			}
			if signal.Path == prompt && len(signal.Body) > 0 && signal.Body[0] == false {
				return nil
			}
			if signal.Path == prompt {
				return ErrLocked
			}
		case <-ctx.Done():
			shown.Go("org.freedesktop.Secret.Prompt.Dismiss", dbus.FlagNoReplyExpected, nil)
			return context.Cause(ctx)
		}
	}
}
