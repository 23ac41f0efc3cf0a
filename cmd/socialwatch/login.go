package main

import (
	"bufio"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/connectors"
)

// loginPath is where the network sends the person back to.
const loginPath = "/callback"

// loginTime is how long a person has for the consent.
const loginTime = 10 * time.Minute

func newLogin(f *flags) *cobra.Command {
	var listen string
	var paste bool
	cmd := &cobra.Command{
		Use:   "login ACCOUNT",
		Short: "Give an account on X its OAuth 2.0 tokens by your consent",
		Long: "Prints an address at which you, signed in as the account, allow the app to read and\n" +
			"reply. X then sends your browser to an address on this machine, where the command\n" +
			"waits; register that address as callback in the app's settings first. If your browser\n" +
			"runs elsewhere, forward the port (ssh -L), or use --paste and hand over the address\n" +
			"of the page that could not be loaded. The tokens are stored encrypted in the database.",
		Example: "  socialwatch login shop_x\n  socialwatch login shop_x --paste",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), loginTime)
			defer cancel()
			a, err := open(ctx, f)
			if err != nil {
				return err
			}
			defer a.close()
			if _, err := a.names(args[0]); err != nil {
				return err
			}
			c := a.connectors[args[0]]
			if c.Login == nil {
				return fmt.Errorf("account %s gets its tokens from the configuration: login is for accounts on X with CLIENT_ID among their secrets", args[0])
			}
			who, err := a.login(ctx, c, consent{out: cmd.ErrOrStderr(), in: cmd.InOrStdin(), listen: listen, paste: paste})
			if err != nil {
				return err
			}
			return out(cmd, f, map[string]string{"account": args[0], "handle": who.Handle, "id": who.ID}, func() {
				fmt.Fprintf(cmd.OutOrStdout(), "%s may now act as @%s; its tokens are stored and refreshed by themselves.\n", args[0], who.Handle)
			})
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8917", "loopback address on which the browser comes back")
	cmd.Flags().BoolVar(&paste, "paste", false, "do not listen: read the address that the browser was sent to from the input")
	return cmd
}

// consent is how a person's consent comes back.
type consent struct {
	out    io.Writer
	in     io.Reader
	listen string
	paste  bool
}

// login walks a person through the consent and stores the tokens.
func (a *app) login(ctx context.Context, c *connectors.Connector, how consent) (socialwatch.Author, error) {
	host, _, err := net.SplitHostPort(how.listen)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return socialwatch.Author{}, usageError{fmt.Errorf("--listen %q: write a loopback address with its port, such as 127.0.0.1:8917", how.listen)}
	}
	redirect := "http://" + how.listen + loginPath
	address, state, err := c.Login.Begin(redirect)
	if err != nil {
		return socialwatch.Author{}, err
	}
	var door net.Listener
	if !how.paste { // before a person consents for nothing
		if door, err = net.Listen("tcp", how.listen); err != nil {
			return socialwatch.Author{}, fmt.Errorf("listen on %s: %w: name another address with --listen, and as callback in the app's settings, or use --paste", how.listen, err)
		}
		defer door.Close() // it is closed by then
	}
	fmt.Fprintf(how.out, "The app's settings must hold this callback address: %s\n\nOpen this address in a browser, signed in as the account, and allow the access:\n\n  %s\n\n", redirect, address)
	var back url.Values
	if how.paste {
		back, err = how.pastes(ctx)
	} else {
		back, err = listens(ctx, door, state.State)
	}
	if err != nil {
		return socialwatch.Author{}, err
	}
	if why := back.Get("error"); why != "" {
		return socialwatch.Author{}, errors.New("the access was not allowed: run the command again and allow it")
	}
	token, who, err := c.Login.Finish(ctx, state, back.Get("state"), back.Get("code"))
	if err != nil {
		return socialwatch.Author{}, err
	}
	return who, a.tokens.Put(ctx, c.Account, token)
}

// pastes reads the address that the browser was sent to.
func (how consent) pastes(ctx context.Context) (url.Values, error) {
	fmt.Fprint(how.out, "Then paste, within 30 seconds, the whole address of the page that your browser could not load: ")
	type answer struct {
		line string
		err  error
	}
	read := make(chan answer, 1)
	go func() { // ends with the process at the latest: a terminal's read cannot be called off
		line, err := bufio.NewReader(io.LimitReader(how.in, 16<<10)).ReadString('\n')
		read <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return nil, errors.New("no address came in time: run the command again")
	case got := <-read:
		u, err := url.Parse(strings.TrimSpace(got.line))
		if err != nil || u.Query().Get("state") == "" {
			return nil, errors.New("that is not the address: it begins with http://127.0.0.1 and holds state= and code=")
		}
		return u.Query(), nil
	}
}

// listens waits for the browser to come with the state that it was sent away
// with; whoever comes without it is not the one.
func listens(ctx context.Context, l net.Listener, state string) (url.Values, error) {
	back := make(chan url.Values, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+loginPath, func(w http.ResponseWriter, r *http.Request) { came(w, r, state, back) })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(l) }()
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second) // the page must still go out
		defer cancel()
		if server.Shutdown(end) != nil {
			_ = server.Close() // it is over either way
		}
		<-served
	}()
	select {
	case <-ctx.Done():
		return nil, errors.New("no consent came in time: run the command again")
	case values := <-back:
		return values, nil
	}
}

// came answers the browser.
func came(w http.ResponseWriter, r *http.Request, state string, back chan<- url.Values) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Referrer-Policy", "no-referrer") // the address holds the code
	if subtle.ConstantTimeCompare([]byte(r.URL.Query().Get("state")), []byte(state)) != 1 {
		http.Error(w, "This is where the network sends you after your consent. Begin with the address in your terminal.", http.StatusBadRequest)
		return
	}
	select {
	case back <- r.URL.Query():
		fmt.Fprintln(w, "Thank you. socialwatch goes on in your terminal; you may close this page.")
	default:
		fmt.Fprintln(w, "This login is over.")
	}
}
