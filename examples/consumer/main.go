// Consumer hands cases of socialwatch to a help desk, and tells socialwatch when
// a ticket is closed. It is an example of who consumes events: it shares no code
// with socialwatch, and 600 lines of yours can do the same in any language.
// docs/helpdesks.md says how to set it up.
//
// Secrets come from the environment: SOCIALWATCH_TOKEN (of `socialwatch token
// add`), WEBHOOK_SECRET (of `socialwatch webhook add`), DESK_TOKEN (of the help
// desk's API) and DESK_SECRET (by which the help desk signs its webhooks).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	listen := flag.String("listen", "127.0.0.1:8095", "address for webhooks of socialwatch (/socialwatch) and the help desk (/desk)")
	url := flag.String("url", "http://127.0.0.1:8080", "where socialwatch is, for this program and for people who follow a link")
	file := flag.String("state", "consumer.db", "SQLite file of what is known and done")
	all := flag.Bool("all", false, "hand over all cases, not only those that a human must act on")
	zammad := flag.String("zammad", "", "address of Zammad")
	group := flag.String("group", "Users", "group of Zammad that gets the tickets")
	customer := flag.String("customer", "", "e-mail address of the Zammad user in whose name tickets are opened")
	chatwoot := flag.String("chatwoot", "", "address of Chatwoot")
	account := flag.Int("account", 1, "id of the account in Chatwoot")
	inbox := flag.Int("inbox", 1, "id of its inbox, of the channel API")
	flag.Parse()

	hook, err := standardwebhooks.NewWebhook(os.Getenv("WEBHOOK_SECRET"))
	if err != nil {
		return fmt.Errorf("WEBHOOK_SECRET: %w", err)
	}
	var to desk = paper{os.Stdout}
	token, secret := os.Getenv("DESK_TOKEN"), os.Getenv("DESK_SECRET")
	if (*zammad != "" || *chatwoot != "") && (token == "" || secret == "") {
		return errors.New("DESK_TOKEN and DESK_SECRET must be set")
	}
	switch {
	case *zammad != "":
		to = &zammadDesk{caller{*zammad, "Authorization", "Token token=" + token}, *group, *customer, secret}
	case *chatwoot != "":
		base := fmt.Sprintf("%s/api/v1/accounts/%d", strings.TrimSuffix(*chatwoot, "/"), *account)
		to = &chatwootDesk{caller{base, "api_access_token", token}, *inbox, secret}
	}
	_, dry := to.(paper)
	if dry {
		*file = ":memory:" // the next start begins anew
	}
	book, err := openBook(ctx, *file)
	if err != nil {
		return err
	}
	defer book.Close()
	r := &relay{book: book, cases: socialwatch{caller{*url, "Authorization", "Bearer " + os.Getenv("SOCIALWATCH_TOKEN")}},
		desk: to, hook: hook, all: *all, dry: dry, bell: make(chan struct{}, 1)}
	return r.serve(ctx, *listen)
}

// serve takes webhooks and works until ctx ends.
func (r *relay) serve(ctx context.Context, address string) error {
	server := &http.Server{Addr: address, Handler: r.routes(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	worked := make(chan error, 1)
	go func() { worked <- r.work(ctx); _ = server.Close() }()
	err := server.ListenAndServe()
	if worked := <-worked; worked != nil || errors.Is(err, http.ErrServerClosed) {
		return worked
	}
	return err
}

// routes take webhooks. What is answered with 2xx is on the disk.
func (r *relay) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /socialwatch", r.told)
	mux.HandleFunc("POST /desk", r.moved)
	return mux
}

// body reads what a webhook says, up to a megabyte.
func body(w http.ResponseWriter, req *http.Request) []byte {
	b, err := io.ReadAll(http.MaxBytesReader(w, req.Body, 1<<20))
	if err != nil {
		http.Error(w, "too long", http.StatusRequestEntityTooLarge)
		return nil
	}
	return b
}
