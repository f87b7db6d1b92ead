package trust

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// HTTP fetches through client, which sets time limits. Answers of more than
// 256 MB are refused.
func HTTP(client *http.Client) Fetch {
	return func(ctx context.Context, url string, body []byte) ([]byte, error) {
		request, err := newRequest(ctx, url, body)
		if err != nil {
			return nil, err
		}
		response, err := client.Do(request)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("the server answers %s", response.Status)
		}
		der, err := io.ReadAll(io.LimitReader(response.Body, maxList+1))
		if err != nil {
			return nil, err
		}
		if len(der) > maxList {
			return nil, fmt.Errorf("the answer has more than %d bytes", maxList)
		}
		return der, nil
	}
}

// newRequest asks for a list, or posts a question, RFC 6960 appendix A.1.
func newRequest(ctx context.Context, url string, body []byte) (*http.Request, error) {
	if body == nil {
		return http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/ocsp-request")
	return request, nil
}
