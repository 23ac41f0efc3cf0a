// Package webhook tells endpoints of events over HTTP, as Standard Webhooks 1.0
// wants it: signed, each at least once, those of a case in their order.
//
// Which events an endpoint is told of and how far it was told stands in the
// database, so that no crash loses one. Calls go to no private address unless
// the configuration allows it, follow no redirect, and read little of an answer.
package webhook
