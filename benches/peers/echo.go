// What a tutorial of Go writes: a goroutine per connection, which answers in upper case.
//
// Arguments: the port; how many connections are served at once, 0 for any number; for how many milliseconds it pretends to work
// before each answer; how much it reads at once.
package main

import (
	"log"
	"net"
	"os"
	"strconv"
	"time"
)

func main() {
	port, slots, pause := os.Args[1], number(os.Args[2]), time.Duration(number(os.Args[3]))*time.Millisecond
	size := number(os.Args[4])
	listener, err := net.Listen("tcp4", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	var gate chan struct{}
	if slots > 0 {
		gate = make(chan struct{}, slots)
	}
	for {
		if gate != nil {
			gate <- struct{}{}
		}
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			serve(connection, pause, size)
			if gate != nil {
				<-gate
			}
		}()
	}
}

func number(text string) int {
	number, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return number
}

func serve(connection net.Conn, pause time.Duration, size int) {
	defer connection.Close()
	buffer := make([]byte, size)
	for {
		length, err := connection.Read(buffer)
		if err != nil {
			return
		}
		upper(buffer[:length])
		if pause > 0 {
			time.Sleep(pause)
		}
		if _, err := connection.Write(buffer[:length]); err != nil {
			return
		}
	}
}

var uppers = func() (table [256]byte) {
	for i := range table {
		table[i] = byte(i)
		if 'a' <= i && i <= 'z' {
			table[i] -= 'a' - 'A'
		}
	}
	return
}()

// bytes.ToUpper makes a copy, and a branch for each byte is mispredicted as often as bytes are random.
func upper(bytes []byte) {
	for i, byte := range bytes {
		bytes[i] = uppers[byte]
	}
}
