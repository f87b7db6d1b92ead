//go:build !linux

package identitytest

import "context"

// A Service is the system's smartcard service with a virtual reader, which
// only Linux has.
type Service struct{}

// StartService reports [ErrNoVirtualReader].
func StartService(context.Context) (*Service, error) { return nil, ErrNoVirtualReader }

// Own reports false.
func (s *Service) Own() bool { return false }

// Kill reports [ErrNoVirtualReader].
func (s *Service) Kill() error { return ErrNoVirtualReader }

// Revive reports [ErrNoVirtualReader].
func (s *Service) Revive(context.Context) error { return ErrNoVirtualReader }

// Stop does nothing.
func (s *Service) Stop() error { return nil }
