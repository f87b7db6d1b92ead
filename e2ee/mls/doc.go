// Package mls is Messaging Layer Security, RFC 9420: a group of clients agrees
// on fresh keys each time that somebody comes, goes or renews, and no server
// that carries its messages learns them.
//
// It owns the protocol: key packages, ratchet tree, key schedule, messages,
// proposals, commits, welcomes. It does no I/O, starts no goroutine that
// outlives a call, reads no clock (time is an argument), and imports the
// standard library and one package of golang.org/x/crypto: ChaCha20-Poly1305,
// which suite 0x0003 needs for message keys and the standard library has only
// inside of HPKE.
//
// # Stages
//
// Whatever comes from outside passes through stages, each a type that only the
// stage before can make:
//
//	bytes ─► message ─► verified ─► Staged ─► Admitted ─► the next epoch
//	  decode    signature,   RFC 9420     the caller's   Merge
//	            MAC or AEAD  12.2, 12.4.2 own rules
//
// A [Staged] commit is one that MLS has nothing against. Whether its changes
// are right is for the caller's check in [Staged.Admit] to say. The group does
// not change before [Group.Merge].
//
// # Guarantees
//
// Against the service and the network: they cannot read, forge, add a member,
// or replay into another epoch. Against one who was removed: nothing of later
// epochs can be read. Against one who steals a member's keys: nothing of epochs
// that are over (keys are overwritten when their epoch ends), and nothing again
// once that member has committed. Against insiders: they cannot send as another
// member, since every message is signed; they can read everything while they
// are in.
//
// Not guaranteed: that members see the same order of commits (compare
// [Group.Authenticator] for that), and that traffic is hidden (length is rounded
// up, number and time are not).
//
// # Suites
//
// [MLKEM768P256] and [MLKEM1024P384] keep what is recorded today from being
// opened by a quantum computer; their signatures are classical. They follow
// draft-ietf-mls-pq-ciphersuites on private-use numbers and are provisional.
//
// # Secrets
//
// Key material is held in one place per epoch (epochSecrets, secretTree,
// privateKeys), is overwritten when the epoch ends, and is in no error and no
// printed form of any type. HPKE private keys are values of the standard
// library, which cannot be overwritten from outside; they are dropped. Built
// with GOEXPERIMENT=runtimesecret, what the runtime frees of them is erased.
package mls
