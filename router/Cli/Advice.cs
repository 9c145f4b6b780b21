namespace Router.Cli;

/// <summary>What helps in each case (OP25B.md section 5), in the two languages of the notices.</summary>
internal static class Advice
{
    public static string Title(string hostCase) => hostCase switch
    {
        "third_party_server" => "Case 1, another organisation's mail server",
        "direct_sender" => "Case 2, a device or program that delivers by itself",
        "home_server" => "Case 3, a mail server at home",
        "infected" => "Infected",
        "triangular" => "Triangular: replies to mail that somebody else sends in its name",
        _ => "Not clear",
    };

    public static string English(string hostCase) => hostCase switch
    {
        "third_party_server" => "In your mail program, change the outgoing (SMTP) server's port from 25 to 587 or 465, and switch on SMTP authentication. Your mail server's operator tells you the settings.",
        "direct_sender" => "Give the device or program our mail server as its outgoing server, with your mail account's name and password on port 587, and bring its firmware up to date.",
        "home_server" => "Let your mail server send through ours as its smarthost, on port 587 with SMTP AUTH; or ask for a contract with a fixed address. Mail to your server is not affected.",
        "infected" => "A computer behind your connection probably sends mail without your knowing. Take it off the network, and have it cleaned before you use it again; then change your passwords.",
        "triangular" => "Look what runs on the host, and who else uses its address as a source: it gets the replies to mail that is sent elsewhere.",
        _ => "Find out which of your programs or devices sends mail on port 25, and set it to port 587 with SMTP authentication. We will gladly help.",
    };

    public static string Japanese(string hostCase) => hostCase switch
    {
        "third_party_server" => "メールソフトの送信（SMTP）サーバーのポート番号を 25 から 587 または 465 に変更し、SMTP 認証を有効にしてください。設定値はメールサーバーの運営者にご確認ください。",
        "direct_sender" => "機器またはソフトウェアの送信サーバーに当社のメールサーバー（ポート 587、SMTP 認証あり）を設定し、ファームウェアを最新のものに更新してください。",
        "home_server" => "お使いのメールサーバーから、当社のメールサーバーを中継先（スマートホスト、ポート 587、SMTP 認証あり）として送信してください。または固定 IP アドレスのご契約をご検討ください。受信には影響ありません。",
        "infected" => "お客様の回線につながるコンピューターが、知らないうちに大量のメールを送信しているおそれがあります。ネットワークから切り離し、駆除が済むまで使用しないでください。その後、パスワードを変更してください。",
        "triangular" => "第三者が別の場所から送信したメールへの応答が届いています。機器で動作しているソフトウェアをご確認ください。",
        _ => "ポート 25 番でメールを送信しているソフトウェアまたは機器をご確認のうえ、ポート 587 番と SMTP 認証の設定に変更してください。ご不明な点はお問い合わせください。",
    };
}
