// An application on what $STORE names: gorilla/sessions with boj/redistore, or macaron with its provider redis. It
// answers on a free port of the loopback interface.
package main

import (
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/boj/redistore"
	"github.com/go-macaron/session"
	_ "github.com/go-macaron/session/redis"
	"gopkg.in/macaron.v1"
)

// Account is what the application keeps of whoever is logged in.
type Account struct {
	ID    int
	Name  string
	Since time.Time
}

// bag is a session, whosever it is.
type bag interface {
	get(key string) interface{}
	set(key string, value interface{})
}

// meet says that the request is here, and waits until it may go on.
func meet() {
	here := os.Getenv("MEET")
	if err := os.WriteFile(filepath.Join(here, "started"), nil, 0o600); err != nil {
		log.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(here, "go-on")); err == nil {
			return
		}
		if time.Now().After(deadline) {
			log.Fatal("nobody let the request go on")
		}
	}
}

// act does what the path says to the session, and tells whose it then is. Whether it has to be saved is the second
// answer.
func act(r *http.Request, b bag) (answer map[string]interface{}, changed bool) {
	switch r.URL.Path {
	case "/login":
		var id int
		fmt.Sscan(r.URL.Query().Get("user"), &id)
		b.set("uid", id)
		b.set("uname", fmt.Sprintf("user %d", id))
		b.set("account", Account{id, fmt.Sprintf("user %d", id), time.Date(2024, 5, 17, 8, 30, 0, 0, time.UTC)})
		changed = true
	case "/visit":
		b.set("cart", []string{"tea"})
		changed = true
	case "/slow":
		meet()
		b.set("cart", []string{"filled meanwhile"})
		changed = true
	}
	return map[string]interface{}{"user": b.get("uid")}, changed
}

func reply(w http.ResponseWriter, answer interface{}) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		log.Fatal(err)
	}
}

type values map[interface{}]interface{}

func (v values) get(key string) interface{}        { return v[key] }
func (v values) set(key string, value interface{}) { v[key] = value }

func gorilla(socket string) http.Handler {
	keys := [][]byte{[]byte(os.Getenv("HASH_KEY"))}
	if block := os.Getenv("BLOCK_KEY"); block != "" {
		keys = append(keys, []byte(block))
	}
	store, err := redistore.NewRediStore(4, "unix", socket, "", keys...)
	if err != nil {
		log.Fatal(err)
	}
	if os.Getenv("FORMAT") == "json" {
		store.SetSerializer(redistore.JSONSerializer{})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := store.Get(r, "shop")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer, changed := act(r, values(session.Values))
		if changed {
			if err := session.Save(r, w); err != nil {
				log.Fatal(err)
			}
		}
		reply(w, answer)
	})
}

type store struct{ session.Store }

func (s store) get(key string) interface{} { return s.Store.Get(key) }
func (s store) set(key string, value interface{}) {
	if err := s.Store.Set(key, value); err != nil {
		log.Fatal(err)
	}
}

func ofMacaron(socket string) http.Handler {
	m := macaron.New()
	m.Use(session.Sessioner(session.Options{
		Provider:       "redis",
		ProviderConfig: "network=unix,addr=" + socket + ",prefix=shop:",
		Maxlifetime:    3600,
		Gclifetime:     3600,
	}))
	m.Any("/*", func(ctx *macaron.Context, s session.Store) {
		answer, _ := act(ctx.Req.Request, store{s})
		reply(ctx.Resp, answer)
	})
	return m
}

func main() {
	gob.Register(Account{})
	gob.Register([]string{})
	handler := ofMacaron
	if os.Getenv("STORE") == "gorilla" {
		handler = gorilla
	}
	served := handler(os.Getenv("SOCKET"))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("serving http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, served))
}
