package wire

// What travels in the bodies of HTTP answers.

type problem struct {
	Code string `cbor:"1,keyasint"`
	Text string `cbor:"2,keyasint"`
}

type ticket struct {
	URL   string `cbor:"1,keyasint"`
	Token string `cbor:"2,keyasint"`
}

// EncodeProblem returns the body of an answer that is an error: code is one
// word, which the client maps to words for the person; text is for logs.
func EncodeProblem(code, text string) ([]byte, error) { return encode(problem{code, text}) }

// ReadProblem reads what [EncodeProblem] made.
func ReadProblem(b []byte) (code, text string, err error) {
	var p problem
	err = decode(b, &p)
	return p.Code, p.Text, err
}

// EncodeTicket returns the body that hands out a relay ticket.
func EncodeTicket(url, token string) ([]byte, error) { return encode(ticket{url, token}) }

// ReadTicket reads what [EncodeTicket] made.
func ReadTicket(b []byte) (url, token string, err error) {
	var t ticket
	err = decode(b, &t)
	return t.URL, t.Token, err
}

// EncodeOrders returns the body that lists signed orders.
func EncodeOrders(signed [][]byte) ([]byte, error) { return encode(signed) }

// ReadOrders reads what [EncodeOrders] made. The orders have not been looked at.
func ReadOrders(b []byte) (signed [][]byte, err error) {
	err = decode(b, &signed)
	return signed, err
}
