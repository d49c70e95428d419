"""Where finished recordings go: a customer's server by FTP, FTPS or SFTP, and the own storage on disk."""
