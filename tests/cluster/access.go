package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// tokenUsers are the users that come with a bearer token: name and group.
var tokenUsers = [][2]string{{"dev-admin", "system:masters"}, {"dev-viewer", ""}, {"dev-exec", "system:masters"}}

// object is a piece of a JSON document that is written once and never read by this program.
type object = map[string]any

// writeTokens makes DIR/pki/tokens.csv, the API server's static token file, unless it is there.
func writeTokens(c *Cluster) error {
	file := c.path("pki", "tokens.csv")
	if _, err := os.Stat(file); err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	var lines strings.Builder
	for _, user := range tokenUsers {
		secret := make([]byte, 20)
		if _, err := rand.Read(secret); err != nil {
			return err
		}
		fmt.Fprintf(&lines, "%s,%s,%s,%s\n", hex.EncodeToString(secret), user[0], user[0], user[1])
	}
	return os.WriteFile(file, []byte(lines.String()), 0o600)
}

// tokenOf is the bearer token of user.
func tokenOf(c *Cluster, user string) (string, error) {
	file, err := os.Open(c.path("pki", "tokens.csv"))
	if err != nil {
		return "", err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return "", err
	}
	for _, row := range rows {
		if row[1] == user {
			return row[0], nil
		}
	}
	return "", fmt.Errorf("no user %q has a token", user)
}

// writeKubeconfigs makes DIR/kubeconfig with one context per way of authenticating, and one file per component.
//
//	admin       client certificate inside the file (the current context)
//	dev-cert    client certificate in files beside it, named by relative paths
//	dev-admin   bearer token, may do everything
//	dev-viewer  bearer token, bound to the ClusterRole view
//	dev-exec    bearer token from an exec credential plugin, which is this program
func writeKubeconfigs(c *Cluster) error {
	for _, name := range []string{controllerManager, kubeScheduler, kwokController, metricsServer} {
		user, err := certUser(c, name)
		if err != nil {
			return err
		}
		if err := writeKubeconfig(c, c.path(name+".kubeconfig"), []object{{"name": name, "user": user}}); err != nil {
			return err
		}
	}
	admin, err := certUser(c, "admin")
	if err != nil {
		return err
	}
	users := []object{
		{"name": "admin", "user": admin},
		{"name": "dev-cert", "user": object{"client-certificate": "pki/dev-cert.crt", "client-key": "pki/dev-cert.key"}},
	}
	for _, name := range []string{"dev-admin", "dev-viewer"} {
		token, err := tokenOf(c, name)
		if err != nil {
			return err
		}
		users = append(users, object{"name": name, "user": object{"token": token}})
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	users = append(users, object{"name": "dev-exec", "user": object{"exec": object{
		"apiVersion": "client.authentication.k8s.io/v1", "command": self, "args": []string{"token", "--dir", c.Dir},
		"interactiveMode": "Never",
	}}})
	return writeKubeconfig(c, c.adminKubeconfig(), users)
}

func certUser(c *Cluster, name string) (object, error) {
	cert, err := encodedFile(c.cert(name))
	if err != nil {
		return nil, err
	}
	key, err := encodedFile(c.key(name))
	return object{"client-certificate-data": cert, "client-key-data": key}, err
}

// writeKubeconfig writes users, each with a context of its own name; the first is current. JSON is YAML too.
func writeKubeconfig(c *Cluster, file string, users []object) error {
	ca, err := encodedFile(c.cert("ca"))
	if err != nil {
		return err
	}
	var contexts []object
	for _, user := range users {
		contexts = append(contexts, object{"name": user["name"], "context": object{"cluster": "test", "user": user["name"]}})
	}
	cluster := object{"server": "https://" + c.address(kubeAPIServer), "certificate-authority-data": ca}
	text, err := json.MarshalIndent(object{
		"apiVersion": "v1", "kind": "Config", "clusters": []object{{"name": "test", "cluster": cluster}},
		"users": users, "contexts": contexts, "current-context": users[0]["name"],
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}

func encodedFile(file string) (string, error) {
	content, err := os.ReadFile(file)
	return base64.StdEncoding.EncodeToString(content), err
}

// runToken is the exec credential plugin of the context dev-exec.
func runToken(args []string) error {
	flags := pflag.NewFlagSet("token", pflag.ContinueOnError)
	user := flags.String("user", "dev-exec", "whose token")
	lifetime := flags.Duration("lifetime", 0, "say that the token expires after this time; 0 for never (the server accepts it either way)")
	dir, _, err := parse(flags, args, 0)
	if err != nil {
		return err
	}
	c, err := openCluster(dir)
	if err != nil {
		return err
	}
	token, err := tokenOf(c, *user)
	if err != nil {
		return err
	}
	status := object{"token": token}
	if *lifetime > 0 {
		status["expirationTimestamp"] = time.Now().Add(*lifetime).UTC().Format(time.RFC3339)
	}
	return json.NewEncoder(os.Stdout).Encode(object{
		"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status,
	})
}
