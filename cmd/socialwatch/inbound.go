package main

import (
	"net/http"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/connectors/inbound"
	"socialwatch/internal/config"
	"socialwatch/internal/intake"
	"socialwatch/responder"
)

func (a *app) inbound(acc config.Account) (*connectors.Connector, error) {
	secret, err := acc.Inbound.Secret(acc.Name)
	if err != nil {
		return nil, err
	}
	i := acc.Inbound
	o := inbound.Options{
		Account: acc.Name, Network: socialwatch.Network(i.Network), Host: i.Host, Secrets: secret,
		Callback: i.Callback, AllowHTTP: acc.AllowHTTP, MaxLength: i.MaxLength, Count: inbound.Count(i.Count),
		Visibility: socialwatch.Visibility(i.Default), ReplyVisibility: socialwatch.Visibility(acc.ReplyVisibility),
		Find: i.Find, Guard: i.Guard, UserAgent: userAgent(), Now: a.now, Logger: a.log,
	}
	if a.store != nil { // a nil store in an interface would be a tray that is not nil
		o.Tray = intake.Door{Waiting: a.store, Now: a.now}
	}
	return inbound.New(o)
}

// replyRoom is what a reply may have where the configuration alone knows.
func replyRoom(acc config.Account) responder.Room {
	return responder.Room{Limit: acc.Inbound.MaxLength, Count: inbound.Count(acc.Inbound.Count).Of}
}

// receive passes what a network pushes to the account that it names.
func (a *app) receive(account func(*http.Request) string) http.Handler {
	unknown := inbound.Unknown()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c := a.connectors[account(r)]; c != nil && c.Receiver != nil {
			c.Receiver.ServeHTTP(w, r)
			return
		}
		unknown.ServeHTTP(w, r)
	})
}
