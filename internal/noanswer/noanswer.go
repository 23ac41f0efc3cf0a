// Package noanswer says why a call over HTTP was not answered.
package noanswer

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
)

// Say says it in words of ours: the errors of the client hold the address, in
// which a secret may stand, and what an endpoint that speaks no HTTP has said,
// which may be the request itself.
func Say(err error) string {
	var timeout net.Error
	var name *net.DNSError
	var number syscall.Errno
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &name):
		return "no answer: its name cannot be resolved"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "no answer: the call was given up"
	case errors.As(err, &number):
		return "no answer: " + number.Error()
	case errors.As(err, &certificate):
		return "no answer: its certificate is not valid for it"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "no answer: it closed the connection"
	}
	return "no answer that HTTP knows"
}
