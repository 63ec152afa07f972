package core

import (
	"encoding/json"
	"time"
)

// Genre is the kind of a book.
type Genre int

const (
	FICTION Genre = iota // made up
	SCIENCE
	POETRY Genre = 7
)

type Language = string

type placed struct {
	Class string `json:"class,omitempty"`
	Shelf int    `json:"shelf"`
}

type Color struct {
	Red     uint8   `json:"red"`
	Opacity float32 `json:"opacity"`
}

type Cover struct {
	Format string `json:"format"`
	Data   []byte `json:"data"`
	Color  Color  `json:"color"`
}

type Author struct {
	Name string    `json:"name"`
	Born time.Time `json:"born,omitempty"` // omitempty does nothing to a time
}

type Book struct {
	placed
	Title     string                 `json:"title" db:"title"`
	Author    Author                 `json:"author"`
	Genre     Genre                  `json:"genre"`
	In        []Language             `json:"in"`
	Cover     Cover                  `json:"cover"`
	Back      *Cover                 `json:"back,omitempty"`
	Pages     int                    `json:"pages"`
	ISBN      int64                  `json:"isbn"`
	Price     float64                `json:"price"`
	Lent      bool                   `json:"lent"`
	Chapters  []string               `json:"chapters"`
	Grades    map[string][]int       `json:"grades"`
	More      map[string]interface{} `json:"more"`
	Remark    json.RawMessage        `json:"remark"`
	AccessKey string                 `json:"accesskey"`
	Card      string                 `json:"card"`
	Added     time.Time              `json:"added"`
	Sequel    *Book                  `json:"sequel"`
	Volumes   []*Book                `json:"volumes"`
	Secret    string                 `json:"-"`
	index     map[string]*Book
}

func (book *Book) ToJSON() (string, error) {
	jsonBytes, err := json.Marshal(book)
	return string(jsonBytes), err
}

func ConvertBookArrayToJSON(books []*Book) (string, error) {
	jsonBytes, err := json.Marshal(books)
	return string(jsonBytes), err
}
