// NAMEPLATE_URL=… NAMEPLATE_TOKEN=… go run ./change-a-user <user id> <name>
//
// Changes the name of a user, unless somebody else changes the user in between.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

const attempts = 5

var client = http.Client{Timeout: 30 * time.Second}

// send sends again what was not answered, or with 429 or 503; safe for a write that has a key.
func send(method, path string, body []byte, headers map[string]string) (*http.Response, []byte, error) {
	for attempt := 0; ; attempt++ {
		request, err := http.NewRequest(method, os.Getenv("NAMEPLATE_URL")+path, bytes.NewReader(body))
		if err != nil {
			return nil, nil, err
		}
		request.Header.Set("Authorization", "Bearer "+os.Getenv("NAMEPLATE_TOKEN"))
		for name, value := range headers {
			request.Header.Set(name, value)
		}
		response, answer, err := read(request)
		isPassing := err != nil || response.StatusCode == 429 || response.StatusCode == 503
		if !isPassing || attempt == attempts-1 {
			return response, answer, err
		}
		wait := time.Second << attempt
		if err == nil {
			if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
				wait = time.Duration(seconds) * time.Second
			}
		}
		time.Sleep(wait)
	}
}

func read(request *http.Request) (*http.Response, []byte, error) {
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response, answer, err
}

func change(id, name string) ([]byte, error) {
	path := "/api/users/" + url.PathEscape(id)
	seen, answer, err := send("GET", path, nil, nil)
	if err != nil {
		return nil, err
	}
	if seen.StatusCode != 200 {
		return nil, fmt.Errorf("%s", answer)
	}
	key := make([]byte, 16)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	patch, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		return nil, err
	}
	changed, answer, err := send("PATCH", path, patch, map[string]string{
		"Content-Type":    "application/json",
		"If-Match":        seen.Header.Get("ETag"),
		"Idempotency-Key": fmt.Sprintf("%x", key),
	})
	if err != nil {
		return nil, err
	}
	// A problem (RFC 9457): 412 when somebody else was faster, 400 with `errors` for a name that is none.
	if changed.StatusCode != 200 {
		return nil, fmt.Errorf("%s", answer)
	}
	return answer, nil
}

func main() {
	user, err := change(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(user))
}
