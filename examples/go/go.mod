module nameplate.example

go 1.19
