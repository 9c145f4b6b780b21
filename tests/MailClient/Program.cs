using System.Net.Sockets;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

// A mail program as .NET's users have it: sends one mail with MailKit, and prints what its user would be told. It is a program of its own so that it can run in a
// host's network namespace. usage: MailClient SERVER FROM TO [SECONDS]
const int Success = 0, Failed = 1, WrongUsage = 2;
if (args is not [var server, var from, var to, .. var seconds])
{
    Console.Error.WriteLine("MailClient SERVER FROM TO [SECONDS]");
    return WrongUsage;
}

using var message = new MimeMessage { Subject = "MailKit", Body = new TextPart("plain") { Text = "MailKit" } };
message.From.Add(MailboxAddress.Parse(from));
message.To.Add(MailboxAddress.Parse(to));
using var client = new SmtpClient { Timeout = (seconds is [var given] ? int.Parse(given) : 10) * 1000 };
try
{
    await client.ConnectAsync(server, 25, SecureSocketOptions.None);
    Console.WriteLine(await client.SendAsync(message));
    await client.DisconnectAsync(quit: true);
    return Success;
}
catch (Exception exception) when (exception is SmtpCommandException or SmtpProtocolException or SocketException or IOException or TimeoutException or OperationCanceledException)
{
    Console.WriteLine($"{exception.GetType().Name}: {exception.Message}");
    return Failed;
}
