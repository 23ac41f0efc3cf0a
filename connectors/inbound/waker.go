package inbound

import (
	"context"
	"sync"

	"socialwatch/connectors"
)

// bell rings for each request that this process has stored. What another
// process has stored is found by the next tick.
type bell struct {
	mu    sync.Mutex
	rings map[*func(connectors.Ring)]bool
}

func (b *bell) ring(r connectors.Ring) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ring := range b.rings {
		(*ring)(r)
	}
}

func (b *bell) listen(ring func(connectors.Ring)) (end func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rings == nil {
		b.rings = map[*func(connectors.Ring)]bool{}
	}
	b.rings[&ring] = true
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.rings, &ring)
	}
}

type waker struct{ *client }

// Wake rings at once, as something may wait, and then for each request.
func (w waker) Wake(ctx context.Context, ring func(connectors.Ring), up func(bool)) error {
	defer w.bell.listen(ring)()
	up(true)
	defer up(false)
	ring(connectors.Ring{Kept: true})
	<-ctx.Done()
	return nil
}
