namespace TapDev;

/// <summary>A device or loop could not be had. The message is one line for a reader: what, where, and how to mend it.</summary>
public sealed class TapException : IOException
{
    /// <summary>Makes one with a message.</summary>
    public TapException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one for a system call that failed.</summary>
    /// <param name="message">The line for a reader.</param>
    /// <param name="errno">The error number, 0 where no system call failed.</param>
    public TapException(string message, int errno)
        : base(message) => Errno = errno;

    /// <summary>The system's error number, or 0.</summary>
    public int Errno { get; }
}
