/** How far a client checks the database's certificate. Lower modes of libpq are refused: the token is a plain password. */
export type TlsMode = 'verify-full' | 'verify-ca'
