package main

import (
	"strings"
	"testing"

	"socialwatch/internal/api"
)

func TestShowTellsTheContentWarning(t *testing.T) {
	var d api.ReplyDetail
	d.WholeText = "@customer1 Sorry."
	if got := describe(d); strings.Contains(got, "Content warning") {
		t.Errorf("a reply without a warning shows one:\n%s", got)
	}
	d.Warning = "damaged parcel"
	if got := describe(d); !strings.Contains(got, "Content warning: damaged parcel\n  @customer1 Sorry.") {
		t.Errorf("the warning does not stand above the text:\n%s", got)
	}
}
