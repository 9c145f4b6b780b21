namespace Router.Local;

/// <summary>The command line that a client is at: as much of it as tells whether it is QUIT (RFC 5321 section 4.1.1.10), however it is cut into segments.</summary>
internal struct SmtpCommand
{
    private const uint Quit = 'Q' << 24 | 'U' << 16 | 'I' << 8 | 'T';

    private const int VerbLength = 4;

    /// <summary>RFC 5321 section 2.4: verbs are the same in either case.</summary>
    private const byte CaseMask = 0xDF;

    private uint _verb;
    private byte _length;
    private bool _isLongerVerb;

    /// <summary>Takes one octet. True where the line ends with it.</summary>
    public bool Take(byte octet)
    {
        if (octet == '\n')
            return true;
        if (_length < VerbLength)
            _verb = _verb << 8 | (uint)(octet & CaseMask);
        else if (_length == VerbLength)
            _isLongerVerb = octet is not ((byte)'\r' or (byte)' ');
        if (_length <= VerbLength)
            _length++;
        return false;
    }

    public readonly bool IsQuit => _verb == Quit && _length >= VerbLength && !_isLongerVerb;
}
