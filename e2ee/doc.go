// Package e2ee is what keeps a sitting between the people who sit in it: the
// group and its epochs, and the keyring that joins them to the media path. It
// does no I/O and takes time as an argument; it imports the standard library (and
// for one suite its ChaCha20-Poly1305, from golang.org/x/crypto) and the two rooms
// below it, mls (RFC 9420) and sframe (RFC 9605). It is
// written to be read alone, by those who have to judge it.
//
// # What is guaranteed, and against whom
//
// The service orders messages and stores them. It can refuse, delay and lose;
// it cannot add a member, because commits are signed by members
// (RFC 9420, section 6.1) and each member admits only a commit that adds those
// whom the sitting's own rules admit ([Staged.Admit]). It cannot show two
// members two histories for long: they end in epochs whose authenticators
// (section 8.7), and the words made of them ([Epoch.Words]), differ, and the
// heads that senders sign ([Head]) do not match.
//
// The relay forwards frames. It cannot open them, alter them or the byte that
// they show in the clear (RFC 9605, section 4.4.3), replay them within a track,
// or pass one member's frames off as another's: the key id names a leaf, and the
// leaf's owner has to be the publisher. It sees who sends, when and how much.
//
// The network sees what the relay sees, inside TLS and DTLS.
//
// An insider is a member, and so knows every sender's frame keys. Alone or
// with the relay's help an insider can be heard as another for no longer than
// [Patience]: senders sign for their frames about once a second with their
// session key, and who is not signed for is withheld. Since signatures can be
// lost on the way, a sender who signs for most frames is forgiven others: up to
// a quarter of the time that was signed for, in all, may go unsigned for good.
//
// A thief of a card cannot sign in without its PIN. A thief of an unlocked
// laptop has the session: its key lives in memory, for at most 12 hours, and
// the removal of its member makes it worthless (post-compromise security,
// RFC 9420, section 16.6).
//
// One who records today and has a quantum computer in 2040: with the hybrid
// suites the group's secrets, and so the frame keys, rest on ML-KEM as well as
// on ECDH. Signatures rest on ECDSA alone: they need to hold only while the
// sitting lasts.
//
// # What is not
//
// Frame keys of an epoch are known to all who were in the group then, and to
// those only; whoever leaves keeps what they have heard. Traffic patterns are not
// hidden. A member's own machine is trusted with that member's secrets: keys
// are overwritten in the copies that we hold, not in those which a runtime or an
// operating system may have made. Within an epoch there is no forward secrecy
// of frames: their keys live until [sframe.OldKeysLive] after the epoch's end.
package e2ee
