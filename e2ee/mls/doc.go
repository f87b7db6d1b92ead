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
//   - Service, relay and network (RFC 9420 sections 16.2 to 16.4) cannot read,
//     forge, add a member, or have a message of one epoch or group taken in
//     another. They can delay and withhold.
//   - One who was removed reads nothing of later epochs: a removal renews the
//     committer's path (12.4), and its old keys are under no node that is sealed
//     to.
//   - An insider can read everything while it is in. It cannot send as another
//     member: every message is signed (6.1), the tree's keys are bound to the
//     leaves that set them (7.9), and a Welcome's tree is checked whole
//     (12.4.3.1).
//   - A thief of a member's state reads from then on until that member has
//     committed or has been removed (16.6), and nothing of epochs that are over
//     or of messages that have been opened: their keys are overwritten (9.2).
//   - A thief of a signature key alone can speak as the member where the
//     application's [Validate] still lets it, but cannot read; unless members
//     give out group infos and admit who comes by one (12.4.3.2).
//   - One who records today and has a quantum computer later opens nothing of a
//     hybrid suite, and everything of the others.
//
// Not guaranteed: that members see the same order of commits (compare
// [Group.Authenticator] for that), and that traffic is hidden (length is rounded
// up, number and time are not). Messages of an epoch that is over do not open;
// proposals and credentials beyond RFC 9420's are refused.
//
// # Left to the caller
//
// What RFC 9420 leaves to the application, and where it is asked: whose a
// credential is and whether it is good ([Validate], section 5.3.1) and whose it
// may succeed ([Options].Same); who may propose, commit and join, and whether two
// key packages are of one client ([Staged.Admit], 12.2); that a group it joins is
// not one that it is in already (12.4.3.1); that of several commits for an epoch
// all members merge the same, and that a Welcome goes out after that (14).
//
// # Suites
//
// 0x0001, 0x0002, 0x0003 and 0x0007 of RFC 9420 section 17.1, and two hybrids of
// draft-ietf-mls-pq-ciphersuites, [MLKEM768P256] and [MLKEM1024P384], whose key
// agreement is ML-KEM and a curve together (HKDF-SHA384, AES-256-GCM) and whose
// signatures are classical. The draft has no numbers yet: the hybrids stand on
// private-use ones and are provisional.
//
// # Secrets
//
// Key material is held in one place per epoch (epochSecrets, secretTree,
// privateKeys), is overwritten when the epoch ends, and is in no error and no
// printed form of any type. HPKE private keys are values of the standard
// library, which cannot be overwritten from outside; they are dropped. Built
// with GOEXPERIMENT=runtimesecret, what the runtime frees of them is erased.
package mls
