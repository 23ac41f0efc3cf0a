package twitter

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// object is a JSON object.
type object = map[string]any

const problemBase = "https://api.x.com/2/problems/"

// problem is an answer that refuses, in X's form. why tells the audit more
// than the client.
type problem struct {
	status int
	body   object
	why    string
}

func (p *problem) Error() string { return p.why }

func newProblem(status int, title, kind, detail string) *problem {
	return &problem{status, object{"title": title, "type": kind, "status": status, "detail": detail}, detail}
}

func unauthorized(why string) *problem {
	p := newProblem(http.StatusUnauthorized, "Unauthorized", "about:blank", "Unauthorized")
	p.why = why
	return p
}

func forbidden(detail string) *problem {
	return newProblem(http.StatusForbidden, "Forbidden", "about:blank", detail)
}

func unsupportedAuth(used string, allowed []string) *problem {
	return newProblem(http.StatusForbidden, "Unsupported Authentication", problemBase+"unsupported-authentication",
		fmt.Sprintf("Authenticating with %s is forbidden for this endpoint.  Supported authentication types are [%s].",
			used, strings.Join(allowed, ", ")))
}

func tooManyRequests() *problem {
	return newProblem(http.StatusTooManyRequests, "Too Many Requests", problemBase+"rate-limit-exceeded", "Too Many Requests")
}

func creditsDepleted() *problem {
	return newProblem(http.StatusPaymentRequired, "Payment Required", problemBase+"credits-depleted", "credits depleted")
}

func usageCapped() *problem {
	p := newProblem(http.StatusTooManyRequests, "UsageCapExceeded", problemBase+"usage-capped", "Usage cap exceeded: Monthly product cap")
	p.body["period"], p.body["scope"] = "Monthly", "Product"
	return p
}

func notFound() *problem {
	return newProblem(http.StatusNotFound, "Not Found", "about:blank", "Not Found")
}

// unavailable is the problem of one resource, told alone or in errors[].
func unavailable(status int, parameter, id, resource string) object {
	if status == http.StatusNotFound {
		return object{
			"value": id, "detail": fmt.Sprintf("Could not find %s with %s: [%s].", resource, parameter, id),
			"title": "Not Found Error", "resource_type": resource, "parameter": parameter, "resource_id": id,
			"type": problemBase + "resource-not-found",
		}
	}
	return object{
		"value": id, "detail": fmt.Sprintf("Sorry, you are not authorized to see the %s with %s: [%s].", resource, parameter, id),
		"title": "Authorization Error", "resource_type": resource, "parameter": parameter, "resource_id": id,
		"section": "data", "type": problemBase + "not-authorized-for-resource",
	}
}

// invalid collects what is wrong with a request.
type invalid struct{ errs []object }

func (i *invalid) add(parameter, value, format string, args ...any) {
	parameters := object{}
	if parameter != "" {
		parameters[parameter] = []string{value}
	}
	i.errs = append(i.errs, object{"parameters": parameters, "message": fmt.Sprintf(format, args...)})
}

// err is the refusal of a request with something wrong, else nil.
func (i *invalid) err() error {
	if len(i.errs) == 0 {
		return nil
	}
	var why []string
	for _, e := range i.errs {
		why = append(why, fmt.Sprint(e["message"]))
	}
	return &problem{http.StatusBadRequest, object{
		"errors": i.errs, "title": "Invalid Request", "type": problemBase + "invalid-request",
		"detail": "One or more parameters to your request was invalid.",
	}, strings.Join(why, "; ")}
}

func invalidRequest(parameter, value, format string, args ...any) error {
	var i invalid
	i.add(parameter, value, format, args...)
	return i.err()
}

// tell writes a value or a refusal.
func tell(w http.ResponseWriter, status int, value any, err error) {
	kind := "application/json; charset=utf-8"
	if err != nil {
		p := newProblem(http.StatusInternalServerError, "Internal Server Error", "about:blank", "Something is broken. This is usually a temporary error.")
		errors.As(err, &p)
		status, value, kind = p.status, p.body, "application/problem+json"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a client that has gone away is no matter of ours
}
