package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// Order is what the shop's own system knows of an order.
type Order struct {
	Status      string     `json:"status"`
	MovedAt     time.Time  `json:"last_movement_at"`
	Value       string     `json:"value"`
	Currency    string     `json:"currency"`
	Refund      string     `json:"refund_state"`
	DeliveredAt *time.Time `json:"delivered_at,omitempty"`
	ExpectedAt  *time.Time `json:"expected_at,omitempty"`
}

// Shop is a stand-in for the system in which a shop keeps its orders: it answers
// GET /orders/NUMBER with JSON, or 404. It is safe for concurrent use.
type Shop struct {
	mu     sync.Mutex
	orders map[string]Order
	asked  int
	server *http.Server
	url    string
	served chan struct{}
}

// NewShop makes a shop without orders.
func NewShop() *Shop { return &Shop{orders: map[string]Order{}} }

// Start listens on a free port of 127.0.0.1 and serves.
func (s *Shop) Start() error {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start the shop: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{number}", s.tell)
	s.url, s.served = "http://"+l.Addr().String(), make(chan struct{})
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		defer close(s.served)
		_ = s.server.Serve(l) // ends by Close
	}()
	return nil
}

// Close ends the server; one that never started too.
func (s *Shop) Close() {
	if s.server != nil {
		_ = s.server.Close()
		<-s.served
	}
}

// URL is where the shop is.
func (s *Shop) URL() string { return s.url }

// Keep adds an order, or changes it.
func (s *Shop) Keep(number string, o Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders[number] = o
}

// Asked is how often the shop was asked about an order.
func (s *Shop) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *Shop) tell(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked++
	o, found := s.orders[r.PathValue("number")]
	s.mu.Unlock()
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(o) // who asked has gone
}

var orderNumber = regexp.MustCompile(`\b555-\d{7}-\d{7}\b`)

// Stock keeps the orders that the steps of a day name, in the state that their
// customers tell of, as of now. The same seed gives the same orders; the shop
// does not know one in ten.
func (s *Shop) Stock(steps []Step, seed uint64, now time.Time) {
	rng := rand.New(rand.NewPCG(seed, 0x5709))
	seen := map[string]bool{}
	for _, step := range steps {
		for _, number := range orderNumber.FindAllString(step.Text, -1) {
			o := order(step.Theme, rng, now)
			if unknown := rng.IntN(10) == 0; !seen[number] && !unknown {
				s.Keep(number, o)
			}
			seen[number] = true
		}
	}
}

// order invents an order that a post about a theme may be about.
func order(theme Theme, rng *rand.Rand, now time.Time) Order {
	days := time.Duration(rng.IntN(12)) * 24 * time.Hour
	moved := now.Add(-days - time.Duration(rng.IntN(1200))*time.Minute).UTC().Truncate(time.Second)
	o := Order{Status: "in transit", MovedAt: moved, Value: fmt.Sprintf("%d.%02d", 9+rng.IntN(400), rng.IntN(100)),
		Currency: []string{"EUR", "GBP", "USD"}[rng.IntN(3)], Refund: "none"}
	switch theme {
	case ThemeMissing, ThemeReturn:
		o.Status, o.DeliveredAt = "delivered", &moved
	case ThemeRefundDelay:
		o.Status, o.Refund = "returned", []string{"pending", "approved", "paid"}[rng.IntN(3)]
	case ThemeStuckOrder, ThemeSpike:
		soon := moved.Add(10 * 24 * time.Hour)
		o.Status, o.ExpectedAt = []string{"packed", "in transit", "at the depot"}[rng.IntN(3)], &soon
	}
	return o
}
