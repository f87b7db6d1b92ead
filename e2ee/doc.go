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
// heads that senders sign ([Head]) do not match. Only with an insider who makes
// both commits, a million times over, can it have the words agree.
//
// The relay forwards frames. It cannot open them, alter them or the byte that
// they show in the clear (RFC 9605, section 4.4.3), play them a second time, even
// on a track that it begins anew, or pass one member's frames off as another's:
// the key id names a leaf (section 5.2), and the leaf's owner has to be the
// publisher. It sees who sends, when and how much, and can silence or delay
// anybody.
//
// The network sees what the relay sees, inside TLS and DTLS.
//
// An insider is a member, and so knows every sender's frame keys (RFC 9605,
// section 7.2), but cannot send in another's name unless the relay helps. With its
// help an insider is heard as another for no longer than [Patience]; then that
// member's frames are withheld, and every receiver says whose they claimed to be.
// For senders sign, with their session keys and about once a second, the
// digests of the frames of each track in the order of their numbers. A frame
// that differs from what was signed for, or is the second of its number, is known
// for a forgery at once. What is lost on the way costs nothing but itself, up to
// a fifth of a voice's frames at random (a seventh if signatures are of P-384), or
// half a second at a time. When more is lost, what came of it was heard unsigned; it
// is forgotten after half a minute in which nothing was. So an insider who has the
// relay destroy what would tell can be heard for less than Patience in each half
// minute without an alarm. After each alarm twice as much must be signed for before
// the member is heard again: until then nobody hears either of them.
//
// A thief of a card cannot sign in without its PIN. A thief of an unlocked
// laptop has the session: its key lives in memory only, for at most 12 hours, and
// the removal of its member makes it worthless (post-compromise security,
// RFC 9420, section 16.6). A laptop that is off has nothing.
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
// hidden. Whoever has the frames and their keys can prove by the signatures what
// a member said. A member's own machine is trusted with that member's secrets:
// keys are overwritten in the copies that we hold, not in those which an operating
// system may have made, nor in what the standard library derives from them, which
// is dropped (built with GOEXPERIMENT=runtimesecret, it is erased then). Within an
// epoch there is no forward secrecy of frames: their keys live until
// [sframe.OldKeysLive] after the epoch's end.
package e2ee
