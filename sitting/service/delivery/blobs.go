package delivery

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"incamera/sitting"

	"github.com/nats-io/nats.go/jetstream"
)

// bucketPrefix begins the name of a sitting's bucket.
const bucketPrefix = "blobs-"

// BlobLife is how long a blob is kept. Who has a seat fetches it within seconds;
// who comes back later than that arrives anew, and needs none of the old.
const BlobLife = 15 * time.Minute

// chunk is how much of a blob goes to the disk at once, in bytes: each chunk
// waits for the disk.
const chunk = 512 << 10

// PutBlob keeps blob under its hash. It returns [ErrHash] when blob is
// something else, [ErrTooLarge] beyond [MaxBlob]. A blob that is there already
// is left as it is.
func (d *Delivery) PutBlob(ctx context.Context, id sitting.ID, hash sitting.Hash, blob []byte) error {
	if len(blob) > MaxBlob {
		return ErrTooLarge
	}
	if sha256.Sum256(blob) != hash {
		return ErrHash
	}
	d.blobs.Lock()
	defer d.blobs.Unlock()
	b, err := d.bucket(ctx, id)
	if err != nil {
		return err
	}
	name := hex.EncodeToString(hash[:])
	if _, err := b.GetInfo(ctx, name); err == nil {
		return nil
	}
	meta := jetstream.ObjectMeta{Name: name, Opts: &jetstream.ObjectMetaOptions{ChunkSize: chunk}}
	_, err = b.Put(ctx, meta, bytes.NewReader(blob))
	d.tried(ctx, bucketPrefix+string(id), err)
	if err != nil {
		return fmt.Errorf("delivery: put blob: %w", err)
	}
	return nil
}

// bucket returns the sitting's bucket, and makes it if it has none.
func (d *Delivery) bucket(ctx context.Context, id sitting.ID) (jetstream.ObjectStore, error) {
	b, err := d.js.ObjectStore(ctx, bucketPrefix+string(id))
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		b, err = d.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket:   bucketPrefix + string(id),
			Storage:  jetstream.FileStorage,
			Replicas: d.replicas,
			TTL:      BlobLife,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("delivery: blobs: %w", err)
	}
	return b, nil
}

// GetBlob returns the blob that has this hash, or [ErrNoBlob]. The hash has
// been checked.
func (d *Delivery) GetBlob(ctx context.Context, id sitting.ID, hash sitting.Hash) ([]byte, error) {
	b, err := d.js.ObjectStore(ctx, bucketPrefix+string(id))
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil, ErrNoBlob
	}
	if err != nil {
		return nil, fmt.Errorf("delivery: get blob: %w", err)
	}
	blob, err := b.GetBytes(ctx, hex.EncodeToString(hash[:]))
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, ErrNoBlob
	}
	if err != nil {
		return nil, fmt.Errorf("delivery: get blob: %w", err)
	}
	if sha256.Sum256(blob) != hash {
		return nil, ErrHash
	}
	return blob, nil
}
